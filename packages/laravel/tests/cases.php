<?php

/** What holds, by the sentence that says it. */
function cases(): array
{
    $refused = function (Stage $stage, array $answer, int $status, string $why) {
        equal($status, $answer['status'], 'the status');
        equal(true, str_contains((string) $answer['refused'], $why), "whether `{$answer['refused']}` says `$why`");
        equal([], Job::$log, 'what ran');
    };

    // What hikyaku:work-once says of a task whose job runs in another process, and what becomes of the attempt.
    $task = function (Stage $stage, ?Closure $meanwhile = null, string $event = 'KeyWritten'): array {
        $key = 'hikyaku:'.hash('xxh128', 'job-1').':0';
        $stage->app['config']->set('hikyaku.task_lease', 1);
        $reference = $stage->ask(LongJob::body(), ['tasks' => 1])['task'];
        $meanwhile && $stage->app['events']->listen('Illuminate\\Cache\\Events\\'.$event, fn ($seen) => $seen->key === $key && $meanwhile($key));
        $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
        $artisan->call('hikyaku:work-once', ['task' => $reference]);

        return [trim($artisan->output()), $stage->app['cache']->get($key)];
    };

    return [
        'a signed job runs with the events of queue:work, and the answer is signed' => function () {
            $stage = new Stage;
            equal(['status' => 200, 'refused' => null, 'signed' => true, 'verdict' => 'done'], $stage->ask(Job::body('succeeds')));
            equal(['succeeds 1'], Job::$log);
            equal(['Processing', 'Processed'], $stage->events);
        },
        'both sides sign the same' => function () {
            // The same text is in crates/courier/src/tests/mod.rs.
            $text = Hikyaku\Laravel\Keys::requestText('/hikyaku/jobs', '1764150000', 'ask=run&id=1', '飛脚');
            equal('02b4616ca9677fed60d5599cebf7d260e71560f9ee5e0f54ccabb3af1a4010a1', Hikyaku\Laravel\Keys::parse('0123456789abcdef0123456789abcdef')->sign($text));
        },
        'a forged signature is refused and changes nothing' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['signature' => str_repeat('0', 64)]), 401, 'no key'),
        'no signature is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['signature' => '']), 401, 'no key'),
        'another key is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['key' => OTHER_KEY]), 401, 'no key'),
        'a truncated body is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['body' => substr(Job::body('succeeds'), 0, -1)]), 401, 'no key'),
        'an attempt that was changed is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['ask' => 'ask=run&attempt=2']), 401, 'no key'),
        'an old request is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['time' => time() - 301]), 401, 'seconds ago'),
        'one from the future is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['time' => time() + 302]), 401, 'seconds ago'),
        'one for another path is not of this route' => function () {
            $stage = new Stage;
            equal(404, $stage->ask(Job::body('succeeds'), [], ['path' => '/hikyaku/other'])['status']);
            equal([], Job::$log);
        },
        'one within five minutes is taken' => fn () => equal('done', (new Stage)->ask(Job::body('succeeds'), [], ['time' => time() - 299])['verdict']),
        'a request without a nonce is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), ['nonce' => '']), 409, 'before'),
        'a replayed request is refused, and nothing runs again' => function () {
            $stage = new Stage;
            $stage->ask(Job::body('succeeds'), [], ['nonce' => 'same']);
            $again = $stage->ask(Job::body('succeeds'), [], ['nonce' => 'same']);
            equal([409, 'it was sent before'], [$again['status'], $again['refused']]);
            equal(['succeeds 1'], Job::$log);
        },
        'without a key nothing is believed, not even an empty signature' => function () use ($refused) {
            $stage = new Stage(['hikyaku' => ['key' => '']]);
            $refused($stage, $stage->ask(Job::body('succeeds'), [], ['signature' => hash_hmac('sha256', '', '')]), 401, 'HIKYAKU_KEY');
        },
        'a short key is none' => function () use ($refused) {
            $stage = new Stage(['hikyaku' => ['key' => 'short']]);
            $refused($stage, $stage->ask(Job::body('succeeds')), 401, 'HIKYAKU_KEY');
        },
        'while the key is changed either of two counts' => function () {
            foreach ([KEY, OTHER_KEY, KEY.','.OTHER_KEY, 'a-third-key-that-only-the-courier-knows-of,'.OTHER_KEY] as $key) {
                $answer = (new Stage(['hikyaku' => ['key' => OTHER_KEY.','.KEY]]))->ask(Job::body('succeeds'), [], ['key' => $key]);
                equal(['done', true], [$answer['verdict'] ?? $answer['refused'], $answer['signed']], $key);
            }
        },
        'in maintenance mode nothing runs' => function () {
            $stage = new Stage;
            file_put_contents($stage->app->storagePath().'/framework/down', json_encode(['retry' => 60, 'status' => 503, 'except' => []]));
            $answer = $stage->ask(Job::body('succeeds'));
            unlink($stage->app->storagePath().'/framework/down');
            equal([503, false], [$answer['status'], $answer['signed']]);
            equal([], Job::$log);
        },
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
        'an exception on the last try is final, with failed() and a row' => function () {
            $stage = new Stage;
            equal('failed', $stage->ask(Job::body('throws', 2), ['attempt' => 2])['verdict']);
            equal(['throws 2', 'failed() DomainException: no paper'], Job::$log);
            equal(['Processing', 'Failed', 'ExceptionOccurred'], $stage->events);
            equal('job-1', $stage->failedRows()[0]->uuid);
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
        'an answer that was lost is given again, and the job does not run again' => function () {
            foreach (['succeeds' => 'done', 'throws' => 'threw', 'releases' => 'released', 'fails' => 'failed'] as $does => $verdict) {
                $stage = new Stage;
                foreach ([1, 2, 3] as $time) {
                    equal($verdict, $stage->ask(Job::body($does, 9))['verdict'], "$does, asked for the $time. time");
                }
                equal(1, count(preg_grep('/^'.$does.'/', Job::$log)), "how often $does ran");
            }
        },
        'a job that is done does not run under a later number either' => function () {
            $stage = new Stage;
            $stage->ask(Job::body('succeeds'));
            equal('done', $stage->ask(Job::body('succeeds'), ['attempt' => 2])['verdict']);
            equal(['succeeds 1'], Job::$log);
        },
        'the next attempt of a job that threw runs' => function () {
            $stage = new Stage;
            $stage->ask(Job::body('throws', 9));
            $stage->ask(Job::body('throws', 9), ['attempt' => 2]);
            equal(['throws 1', 'throws 2'], Job::$log);
        },
        'sent again after it failed, it runs anew' => function () {
            $stage = new Stage;
            $stage->ask(Job::body('fails'));
            $stage->ask(Job::body('fails'), ['generation' => 1]);
            equal(2, count(preg_grep('/^fails/', Job::$log)));
        },
        'while an attempt runs no other begins' => function () {
            $stage = new Stage;
            $key = 'hikyaku:'.hash('xxh128', 'job-1').':0';
            $stage->app['cache']->put($key, ['attempt' => 1, 'until' => time() + 20, 'verdict' => null], 60);
            foreach (['run', 'failed'] as $what) {
                $answer = $stage->ask(Job::body('succeeds'), ['ask' => $what, 'attempt' => 2]);
                equal('busy', $answer['verdict']);
                equal(true, $answer['delay'] > 15 && $answer['delay'] <= 21, 'whether the delay fits');
            }
            equal([], Job::$log);
        },
        'an attempt that PHP did not survive is told when it is asked for, and the next one runs' => function () {
            $stage = new Stage;
            $key = 'hikyaku:'.hash('xxh128', 'job-1').':0';
            $stage->app['cache']->put($key, ['attempt' => 1, 'until' => time() - 1, 'verdict' => null], 60);
            equal('threw', $stage->ask(Job::body('succeeds', 2))['verdict']);
            equal([], Job::$log);
            equal('done', $stage->ask(Job::body('succeeds', 2), ['attempt' => 2])['verdict']);
        },
        'a request that was held up on its way does not run an attempt whose successor has run' => function () {
            $stage = new Stage;
            $stage->ask(Job::body('throws', 9), ['attempt' => 2]);
            equal('threw', $stage->ask(Job::body('throws', 9), ['attempt' => 1])['verdict']);
            equal(['throws 2'], Job::$log);
            equal('threw', $stage->ask(Job::body('throws', 9), ['attempt' => 3])['verdict']);
            equal(['throws 2', 'throws 3'], Job::$log);
        },
        'of two requests for the same attempt that come at once one runs it' => function () {
            foreach ([1, 2] as $attempt) {
                $stage = new Stage;
                $attempt === 1 || $stage->ask(Job::body('throws', 9));
                Job::$log = [];
                $inner = null;
                // The second comes when the first has read what became of the job, and has not written yet.
                foreach (['Hit', 'Missed'] as $event) {
                    $stage->app['events']->listen('Illuminate\\Cache\\Events\\Cache'.$event, function ($read) use ($stage, $attempt, &$inner) {
                        if ($inner === null && $read->key === 'hikyaku:'.hash('xxh128', 'job-1').':0') {
                            $inner = [];
                            $inner = $stage->ask(Job::body('throws', 9), ['attempt' => $attempt]);
                        }
                    });
                }
                $outer = $stage->ask(Job::body('throws', 9), ['attempt' => $attempt]);
                equal(['threw', 'busy'], [$inner['verdict'], $outer['verdict']], "attempt $attempt");
                equal(["throws $attempt"], Job::$log);
            }
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
        'a class that runs as a task does not run in the request; its task is named, and named the same when asked again' => function () {
            $stage = new Stage;
            $first = $stage->ask(LongJob::body(), ['tasks' => 1]);
            equal(['start', 'hikyaku:'.hash('xxh128', 'job-1').':0:task:1', 1], [$first['verdict'], $first['task'], $first['number']]);
            equal($first, $stage->ask(LongJob::body(), ['tasks' => 1]));
            equal([], Job::$log);
        },
        'a task that has not begun after ten minutes has a successor' => function () {
            $stage = new Stage;
            $task = $stage->ask(LongJob::body(), ['tasks' => 1])['task'];
            $kept = $stage->app['cache']->get($task);
            $stage->app['cache']->put($task, ['since' => time() - 601] + $kept, 60);
            equal(2, $stage->ask(LongJob::body(), ['tasks' => 1])['number']);
        },
        'while a task runs the courier is told so, then what became of the job' => function () {
            $stage = new Stage;
            $attempts = $stage->app->make(Hikyaku\Laravel\Attempts::class);
            $ask = $attempts->ofTask($stage->ask(LongJob::body(), ['tasks' => 1])['task'], 60);
            equal([null, 'busy'], [$attempts->begin($ask), $attempts->begin($ask)['verdict'] ?? null]);
            equal('working', $stage->ask(LongJob::body(), ['tasks' => 1])['verdict']);
            equal(true, $attempts->keep($ask));
            $attempts->settle($ask, ['verdict' => 'done']);
            equal('done', $stage->ask(LongJob::body(), ['tasks' => 1])['verdict']);
            equal(false, $attempts->keep($ask));
        },
        'a task that was killed costs its attempt, and the next one is named anew' => function () {
            $stage = new Stage;
            $attempts = $stage->app->make(Hikyaku\Laravel\Attempts::class);
            $attempts->begin($attempts->ofTask($stage->ask(LongJob::body(), ['tasks' => 1])['task'], -60));
            equal('threw', $stage->ask(LongJob::body(), ['tasks' => 1])['verdict']);
            $next = $stage->ask(LongJob::body(), ['tasks' => 1, 'attempt' => 2]);
            equal(['start', true], [$next['verdict'], str_ends_with($next['task'], ':task:2')]);
        },
        'hikyaku:work-once runs the job that the task is for, with the attempt that was asked for' => function () {
            $stage = new Stage;
            $task = $stage->ask(LongJob::body(), ['tasks' => 1, 'attempt' => 2])['task'];
            $file = tempnam(sys_get_temp_dir(), 'hikyaku');
            $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
            equal(0, $artisan->call('hikyaku:work-once', ['task' => $task, '--verdict' => $file]), $artisan->output());
            equal([['long'], '{"verdict":"done"}'], [Job::$log, file_get_contents($file)]);
            unlink($file);
        },
        'hikyaku:work-once does not begin what has run' => function () {
            $stage = new Stage;
            $task = $stage->ask(LongJob::body(), ['tasks' => 1])['task'];
            $attempts = $stage->app->make(Hikyaku\Laravel\Attempts::class);
            $attempts->settle($attempts->ofTask($task, 60), ['verdict' => 'done']);
            $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
            equal(0, $artisan->call('hikyaku:work-once', ['task' => $task]));
            equal([true, []], [str_contains($artisan->output(), 'is not begun here: done'), Job::$log], $artisan->output());
        },
        'a task notes what became of the job that ran beside it' => function () use ($task) {
            [$said, $entry] = $task(new Stage);
            equal(['Attempt 1 of job job-1: done.', ['verdict' => 'done']], [$said, $entry['verdict']]);
        },
        'a task whose job dies says how, and the attempt counts' => function () use ($task) {
            // Symfony hands on what is in both.
            putenv('JOB_DIES=1');
            $_SERVER['JOB_DIES'] = '1';
            [, $entry] = $task(new Stage);
            putenv('JOB_DIES');
            unset($_SERVER['JOB_DIES']);
            equal(['threw', true], [$entry['verdict']['verdict'], str_contains($entry['verdict']['error'], 'exit code 7')]);
        },
        'a cache that does not answer for a while does not stop a task' => function () use ($task) {
            $failures = 0;
            [$said, $entry] = $task(new Stage, function () use (&$failures) {
                if ($failures++ === 0) {
                    throw new RuntimeException('the cache is away');
                }
            }, 'CacheHit');
            equal([true, ['RuntimeException: the cache is away']], [$failures > 0, Reported::$seen]);
            equal(['Attempt 1 of job job-1: done.', ['verdict' => 'done']], [$said, $entry['verdict']]);
        },
        'a task whose attempt counts as over, and whose successor runs, stops its job and notes nothing' => function () use ($task) {
            $stage = new Stage;
            $successor = ['attempt' => 2, 'until' => time() + 60, 'verdict' => null];
            [$said, $entry] = $task($stage, function ($key) use ($stage, $successor, &$taken) {
                if ($taken !== $stage) {
                    $taken = $stage;
                    $stage->app['cache']->put($key, $successor, 60);
                }
            });
            equal(['Attempt 1 of job job-1: lost to another task.', $successor], [$said, $entry]);
        },
        'hikyaku:work-once says when there is no such job' => function () {
            $artisan = (new Stage)->app->make(Illuminate\Contracts\Console\Kernel::class);
            equal(1, $artisan->call('hikyaku:work-once', ['task' => 'hikyaku:none']));
            equal(true, str_contains($artisan->output(), 'HIKYAKU_CACHE'), $artisan->output());
        },
        'a courier that starts no tasks has the job buried with the reason, not run' => function () {
            $stage = new Stage;
            $answer = $stage->ask(LongJob::body());
            equal(['unknown', true], [$answer['verdict'], str_contains($answer['error'], 'HIKYAKU_TASK_CLUSTER')]);
            equal([[], 1], [Job::$log, count($stage->failedRows())]);
        },
        'a ping runs nothing' => function () {
            equal('done', (new Stage)->ask('', ['ask' => 'ping'])['verdict']);
            equal([], Job::$log);
        },
        'hikyaku:check names a missing key and a cache that is not shared' => function () {
            $stage = new Stage(['hikyaku' => ['key' => '']]);
            $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
            equal(1, $artisan->call('hikyaku:check'));
            $said = $artisan->output();
            equal(true, str_contains($said, 'WRONG HIKYAKU_KEY is not set'));
            equal(true, str_contains($said, 'WRONG the cache store array (array) is not shared'));
        },
        'hikyaku:check names an address where nobody is' => function () {
            $stage = new Stage;
            $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
            $artisan->call('hikyaku:check', ['--url' => 'http://127.0.0.1:9/hikyaku/jobs']);
            equal(true, str_contains($artisan->output(), 'is not reached from here'), $artisan->output());
        },
        'hikyaku:check shows the last request that was refused' => function () {
            $stage = new Stage;
            $stage->ask(Job::body('succeeds'), [], ['time' => time() - 400]);
            $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
            $artisan->call('hikyaku:check', ['--url' => 'http://127.0.0.1:9/hikyaku/jobs']);
            equal(true, str_contains($artisan->output(), 'it was signed 400 seconds ago'), $artisan->output());
        },
        'hikyaku:install makes a key of 64 characters' => function () {
            $stage = new Stage(['hikyaku' => ['key' => '']]);
            $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
            $artisan->call('hikyaku:install', ['--show' => true]);
            equal(1, preg_match('/^HIKYAKU_KEY=[0-9a-f]{64}$/m', $artisan->output()), $artisan->output());
        },
    ];
}
