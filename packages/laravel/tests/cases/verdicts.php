<?php

/** What a job comes to, and what the courier is told of it. */

return [
    'what a job prints does not get into the answer' => fn () => equal('done', (new Stage)->ask(Job::body('prints'))['verdict']),
    'a job that deletes itself is done' => fn () => equal('done', (new Stage)->ask(Job::body('deletes'))['verdict']),
    'a job that releases itself says after how long' => fn () => equal(30, (new Stage)->ask(Job::body('releases', 3))['delay']),
    'released and then thrown, it is released once, as with queue:work' => fn () => equal('released', (new Stage)->ask(Job::body('releases and throws', 3))['verdict']),
    'an exception with tries left is told, reported and not final' => function () {
        $stage = new Stage;
        $answer = $stage->ask(Job::body('throws', 2));
        equal('threw', $answer['verdict']);
        equal(true, str_starts_with($answer['error'], 'DomainException: no paper in '));
        equal(['DomainException: no paper'], Reported::$seen);
        equal(['Processing', 'ExceptionOccurred'], $stage->events);
        equal(['throws 1'], Job::$log);
        equal([], $stage->failedRows());
    },
    'tries that the class does not say are those of the courier' => function () {
        equal('failed', (new Stage)->ask(Job::body('throws'), ['tries' => 1])['verdict']);
        equal('threw', (new Stage)->ask(Job::body('throws'), ['tries' => 3])['verdict']);
    },
    'a job that fails itself is final on its first try' => function () {
        $stage = new Stage;
        equal('failed', $stage->ask(Job::body('fails', 5))['verdict']);
        equal(['fails 1', 'failed() DomainException: never'], Job::$log);
    },
    'a string job runs, and so does one without a uuid' => function () {
        $stage = new Stage;
        equal('done', $stage->ask('{"job":"StringJob@run","data":{"a":1.5}}', ['id' => 'm-1'])['verdict']);
        equal(['string job {"a":1.5}'], Job::$log);
    },
    'a string job that forgets to delete itself comes again' => fn () => equal('released', (new Stage)->ask('{"job":"StringJob@run","data":{"forgets":true}}')['verdict']),
    'what the application has no class for is said by name' => function () {
        foreach (['{"job":"Nobody@run","data":""}', '{"job":"Illuminate\\\\Queue\\\\CallQueuedHandler@call","data":{"commandName":"Nobody","command":"O:6:\"Nobody\":0:{}"}}', '[]', 'x'] as $body) {
            $answer = (new Stage)->ask($body, ['id' => 'm-1']);
            equal('unknown', $answer['verdict'], $body);
        }
        $stage = new Stage;
        $stage->ask('{"uuid":"u","job":"Nobody@run","data":""}');
        equal(['Failed'], $stage->events);
        equal('u', $stage->failedRows()[0]->uuid);
    },
    'what is no job has no row, no event and no warning' => function () {
        foreach (['[]', '{}', '[1]', '"x"', 'x', '', 'null', '{"job":null}', '{"job":[]}', '{"job":7,"uuid":"u"}'] as $body) {
            $stage = new Stage;
            equal('unknown', $stage->ask($body, ['id' => 'm-1'])['verdict'], $body);
            equal([[], [], []], [Reported::$seen, $stage->events, $stage->failedRows()], $body);
        }
    },
];
