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
    'a failure that was decided elsewhere ends the job whatever attempt it names: of one that was recorded before, 0' => function () {
        foreach ([0, 1, 2, 3] as $attempt) {
            $stage = new Stage;
            $stage->ask(Job::body('throws', 9));
            $stage->ask(Job::body('throws', 9), ['attempt' => 2]);
            Job::$log = [];
            foreach ([1, 2] as $ignored) {
                $answer = $stage->ask(Job::body('throws', 9), ['ask' => 'failed', 'attempt' => $attempt, 'error' => 'killed']);
                equal(['failed', 'killed'], [$answer['verdict'], $answer['error']], "attempt $attempt");
            }
            equal(['failed() Illuminate\\Queue\\MaxAttemptsExceededException: killed'], Job::$log);
            equal([1, 'failed'], [count($stage->failedRows()), $stage->ask(Job::body('throws', 9), ['attempt' => 3])['verdict']]);
        }
    },
    'a failure that PHP did not survive being told of is told again, once its time is over' => function () {
        $stage = new Stage;
        $attempts = $stage->app->make(Hikyaku\Laravel\Attempts::class);
        $failed = Hikyaku\Laravel\Ask::kept(http_build_query(['ask' => 'failed', 'id' => 'job-1', 'generation' => 0, 'attempt' => 1]), Job::body('throws'), 30);
        equal(null, $attempts->begin($failed));
        equal('busy', $stage->ask(Job::body('throws'), ['ask' => 'failed', 'error' => 'killed'])['verdict']);
        equal([], Job::$log);
        Hikyaku\Laravel\Clock::passes(41);
        equal('failed', $stage->ask(Job::body('throws'), ['ask' => 'failed', 'error' => 'killed'])['verdict']);
        equal(1, count(Job::$log));
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
    'a job that fails again after it was sent again elsewhere has its row, which is the next generation, and its event' => function () {
        foreach (['run', 'failed'] as $what) {
            $stage = new Stage;
            foreach ([0, 1, 2] as $generation) {
                $answer = $stage->ask(Job::body('fails'), ['ask' => $what, 'generation' => $generation, 'error' => 'killed']);
                equal('failed', $answer['verdict']);
                equal([], Reported::$seen);
                $payload = json_decode($stage->failedRows()[0]->payload, true);
                equal([1, $generation + 1], [count($stage->failedRows()), $payload['hikyaku']['generation']], "rows and generation, asked to $what");
            }
            equal(3, count(array_keys($stage->events, 'Failed', true)), 'how often it was told that the job failed');
        }
    },
    'what queue:retry sends after a second failure runs, for it is what has not run yet' => function () {
        $stage = new Stage;
        $stage->ask(Job::body('fails'));
        $stage->ask(Job::body('fails'), ['generation' => 1]);
        $body = $stage->failedRows()[0]->payload;
        Job::$log = [];
        $stage->ask($body, ['generation' => json_decode($body, true)['hikyaku']['generation']]);
        equal(1, count(preg_grep('/^fails/', Job::$log)));
    },
    'the row of another job is not touched, nor one of the same number in a store whose ids are numbers' => function () {
        $stage = new Stage(['queue' => ['failed' => ['driver' => 'database', 'database' => 'sqlite', 'table' => 'numbered']] + Stage::config()['queue']]);
        $stage->app['db']->connection()->getSchemaBuilder()->create('numbered', function ($table) {
            $table->id();
            foreach (['connection', 'queue', 'payload', 'exception', 'failed_at'] as $column) {
                $table->text($column);
            }
        });
        $queries = [];
        $stage->app['db']->listen(function ($query) use (&$queries) {
            $queries[] = $query->sql;
        });
        // MySQL takes the text 2e5f… for the number 2, if it is asked for an id.
        $stage->ask(Job::body('fails', null, '2e5f0000-0000-4000-8000-000000000000'));
        equal([], array_values(preg_grep('/^(delete|select)/', $queries)));
        equal(1, $stage->app['db']->table('numbered')->count());
    },
    'a store of failed jobs that is away breaks neither the event nor the answer, and is reported' => function () {
        foreach (['log', 'forget'] as $broken) {
            foreach (['run' => Job::body('fails'), 'failed' => Job::body('fails'), 'run ' => '{"uuid":"job-1","job":"Nobody@run","data":""}'] as $what => $body) {
                $stage = new Stage;
                $stage->app->instance('queue.failer', $failer = new BrokenFailer($broken));
                $answer = $stage->ask($body, ['ask' => trim($what), 'error' => 'killed']);
                equal($body === Job::body('fails') ? 'failed' : 'unknown', $answer['verdict'], "$what without $broken");
                equal(true, in_array('Failed', $stage->events, true), "whether listeners hear of it, $what without $broken");
                equal(1, count(array_keys(Reported::$seen, "RuntimeException: $broken is away", true)), 'how often it is reported');
                equal($broken === 'log' ? 0 : 1, $failer->rows, 'rows');
                equal($answer['verdict'], $stage->ask($body, ['ask' => trim($what)])['verdict'], 'asked again');
            }
        }
    },
    'a row that cannot be written is reported without its payload' => function () {
        $stage = new Stage;
        $stage->app['db']->connection()->getSchemaBuilder()->drop('failed_jobs');
        equal('failed', $stage->ask(Job::body('fails'))['verdict']);
        equal(['Failed'], array_values(preg_grep('/Failed/', $stage->events)));
        equal([true, []], [Reported::$seen !== [], preg_grep('/commandName/', Reported::$seen)]);
    },
];
