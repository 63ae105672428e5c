<?php

/** Jobs that run as a task of their own. */

// What hikyaku:work-once says of a task whose job runs in another process, and what the courier is told afterwards.
$task = function (Stage $stage, ?Closure $meanwhile = null, string $event = 'KeyWritten'): array {
    $key = 'hikyaku:'.hash('xxh128', 'job-1').':0';
    $stage->app['config']->set('hikyaku.task_lease', 1);
    $reference = $stage->ask(LongJob::body(), ['tasks' => 1])['task'];
    $meanwhile && $stage->app['events']->listen('Illuminate\\Cache\\Events\\'.$event, fn ($seen) => $seen->key === $key && $meanwhile($key));
    $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
    $artisan->call('hikyaku:work-once', ['task' => $reference]);

    return [trim($artisan->output()), $stage->ask(LongJob::body(), ['tasks' => 1])];
};

return [
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
    'hikyaku:work-once says when there is no such job' => function () {
        $artisan = (new Stage)->app->make(Illuminate\Contracts\Console\Kernel::class);
        equal(1, $artisan->call('hikyaku:work-once', ['task' => 'hikyaku:none']));
        equal(true, str_contains($artisan->output(), 'HIKYAKU_CACHE'), $artisan->output());
    },
    'a task notes what became of the job that ran beside it' => function () use ($task) {
        [$said, $told] = $task(new Stage);
        equal(['Attempt 1 of job job-1: done.', 'done'], [$said, $told['verdict']]);
    },
    'a task whose job dies says how, and the attempt counts' => function () use ($task) {
        // Symfony hands on what is in both.
        putenv('JOB_DIES=1');
        $_SERVER['JOB_DIES'] = '1';
        [, $told] = $task(new Stage);
        putenv('JOB_DIES');
        unset($_SERVER['JOB_DIES']);
        equal(['threw', true], [$told['verdict'], str_contains($told['error'], 'exit code 7')]);
    },
    'a cache that does not answer for a while does not stop a task' => function () use ($task) {
        $failures = 0;
        [$said, $told] = $task(new Stage, function () use (&$failures) {
            if ($failures++ === 0) {
                throw new RuntimeException('the cache is away');
            }
        }, 'CacheHit');
        equal([true, ['RuntimeException: the cache is away']], [$failures > 0, Reported::$seen]);
        equal(['Attempt 1 of job job-1: done.', 'done'], [$said, $told['verdict']]);
    },
    'a task whose attempt counts as over, and whose successor runs, stops its job and notes nothing' => function () use ($task) {
        $stage = new Stage;
        $successor = ['attempt' => 2, 'until' => time() + 60, 'verdict' => null];
        [$said, $told] = $task($stage, function ($key) use ($stage, $successor, &$taken) {
            if ($taken !== $stage) {
                $taken = $stage;
                $stage->app['cache']->put($key, $successor, 60);
            }
        });
        equal(['Attempt 1 of job job-1: lost to another task.', 'working'], [$said, $told['verdict']]);
    },
    'a courier that starts no tasks has the job buried with the reason, not run' => function () {
        $stage = new Stage;
        $answer = $stage->ask(LongJob::body());
        equal(['unknown', true], [$answer['verdict'], str_contains($answer['error'], 'HIKYAKU_TASK_CLUSTER')]);
        equal([[], 1], [Job::$log, count($stage->failedRows())]);
    },
];
