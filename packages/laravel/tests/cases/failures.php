<?php

/** A job that has failed for good: failed(), the event, the row. */

return [
    'an exception on the last try is final, with failed() and a row' => function () {
        $stage = new Stage;
        equal('failed', $stage->ask(Job::body('throws', 2), ['attempt' => 2])['verdict']);
        equal(['throws 2', 'failed() DomainException: no paper'], Job::$log);
        equal(['Processing', 'Failed', 'ExceptionOccurred'], $stage->events);
        equal('job-1', $stage->failedRows()[0]->uuid);
    },
    'the row of a failed job is its next generation, to the letter else' => function () {
        $stage = new Stage;
        $body = substr(Job::body('throws', 1), 0, -1).',"price":1.0,"hikyaku":{"generation":4,"hops":2}}';
        $stage->ask($body, ['generation' => 4]);
        $payload = $stage->failedRows()[0]->payload;
        equal(true, str_starts_with($payload, substr($body, 0, -1)));
        equal(['generation' => 5, 'hops' => 2], json_decode($payload, true)['hikyaku']);
    },
    'the row can be left to the courier' => function () {
        $stage = new Stage(['hikyaku' => ['key' => KEY, 'log_failed' => false]]);
        $stage->ask(Job::body('fails'));
        equal([], $stage->failedRows());
    },
    'a failure that was decided elsewhere calls failed() and writes the row, once' => function () {
        $stage = new Stage;
        $stage->ask(Job::body('throws', 9));
        foreach ([1, 2] as $ignored) {
            equal('failed', $stage->ask(Job::body('throws', 9), ['ask' => 'failed', 'error' => 'the job ran out of its time'])['verdict']);
        }
        equal(['throws 1', 'failed() Illuminate\\Queue\\MaxAttemptsExceededException: the job ran out of its time'], Job::$log);
        equal(1, count($stage->failedRows()));
    },
    'a failure that PHP itself decided is not told to the job again' => function () {
        $stage = new Stage;
        $stage->ask(Job::body('fails'));
        $stage->ask(Job::body('fails'), ['ask' => 'failed', 'error' => 'DomainException: never']);
        equal(['fails 1', 'failed() DomainException: never'], Job::$log);
    },
    'told of the failure of a job that is done, PHP says so and does nothing' => function () {
        $stage = new Stage;
        $stage->ask(Job::body('succeeds'));
        equal('done', $stage->ask(Job::body('succeeds'), ['ask' => 'failed', 'error' => 'killed'])['verdict']);
        equal(['succeeds 1'], Job::$log);
    },
];
