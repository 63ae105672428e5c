<?php

/** Which attempt runs, and what is known of those that have run. */

return [
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
            // The second comes when the first has looked at the cache so many times.
            for ($looks = 1; $looks <= 8; $looks++) {
                $stage = new Stage;
                $attempt === 1 || $stage->ask(Job::body('throws', 9));
                Job::$log = [];
                [$seen, $inner] = [0, null];
                foreach (['CacheHit', 'CacheMissed'] as $event) {
                    $stage->app['events']->listen('Illuminate\\Cache\\Events\\'.$event, function () use ($stage, $attempt, $looks, &$seen, &$inner) {
                        if (++$seen === $looks) {
                            $inner = $stage->ask(Job::body('throws', 9), ['attempt' => $attempt]);
                        }
                    });
                }
                $outer = $stage->ask(Job::body('throws', 9), ['attempt' => $attempt]);
                equal(["throws $attempt"], Job::$log, "what ran, the second after $looks looks");
                $told = array_diff([$outer['verdict'], $inner['verdict'] ?? 'none'], ['busy', 'none']);
                equal(['threw'], array_values(array_unique($told)), "what they are told, after $looks looks");
            }
        }
    },
    'an attempt costs the cache as much as docs/lane.md says' => function () {
        foreach (['succeeds' => [['get' => 3, 'add' => 3, 'put' => 3]], 'throws' => [['get' => 4, 'add' => 2, 'put' => 4], ['get' => 4, 'add' => 2, 'put' => 4]]] as $does => $costs) {
            $stage = new Stage;
            foreach ($costs as $before => $cost) {
                SharedStore::$steps = [];
                $stage->ask(Job::body($does, 9), ['attempt' => $before + 1]);
                ksort($cost);
                ksort(SharedStore::$steps);
                equal($cost, SharedStore::$steps, "what a job that $does costs after $before attempts");
            }
        }
    },
];
