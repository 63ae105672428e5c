<?php

/** An attempt that runs on beyond its time, while the courier has gone on to the next one. */

use Hikyaku\Laravel\Attempts;
use Hikyaku\Laravel\Clock;

$does = ['throws' => 'threw', 'releases' => 'released', 'fails' => 'failed', 'succeeds' => 'done', 'deletes' => 'done'];

// Attempt 1 takes so long that attempt 2 begins and ends meanwhile. What attempt 2 was told.
$overtaken = function (Stage $stage, string $late, string $next): array {
    Job::$doesIn = [1 => $late, 2 => $next];
    Job::$meanwhile = function (int $attempt) use ($stage, &$told) {
        if ($attempt === 1) {
            Clock::passes(41);
            $told = $stage->ask(Job::body('succeeds', 9), ['attempt' => 2]);
        }
    };
    $stage->ask(Job::body('succeeds', 9));

    return $told;
};

$kept = fn (int $attempt) => Hikyaku\Laravel\Ask::kept(http_build_query(['ask' => 'run', 'id' => 'job-1', 'generation' => 0, 'attempt' => $attempt]), Job::body('succeeds', 9), 30);

return [
    'whatever a late attempt comes to, the next one is told again what it was told, and neither runs again' => function () use ($does, $overtaken) {
        foreach ($does as $late => $lateVerdict) {
            foreach ($does as $next => $verdict) {
                $stage = new Stage;
                $told = $overtaken($stage, $late, $next);
                equal($verdict, $told['verdict'], "$next while another was late");
                // What is done is done, whoever has done it.
                $then = $lateVerdict === 'done' && $verdict !== 'failed' ? 'done' : $verdict;
                foreach ([1, 2] as $ignored) {
                    equal($then, $stage->ask(Job::body('succeeds', 9), ['attempt' => 2])['verdict'], "$next, asked again after another $late late");
                }
                equal(["$late 1", "$next 2"], array_values(preg_grep('/ \d$/', Job::$log)), 'what ran');
            }
        }
    },
    'after a late end the next attempt runs, unless the job has ended' => function () use ($does, $overtaken) {
        foreach ($does as $late => $lateVerdict) {
            foreach ($does as $next => $verdict) {
                $stage = new Stage;
                $overtaken($stage, $late, $next);
                $has = $verdict === 'failed' || $verdict === 'done' ? $verdict : ($lateVerdict === 'done' ? 'done' : null);
                Job::$doesIn = [3 => 'succeeds'];
                equal($has ?? 'done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 3])['verdict'], "the third, after $late and $next");
                equal($has === null ? 1 : 0, count(preg_grep('/ 3$/', Job::$log)), "how often the third ran after $late and $next");
            }
        }
    },
    'while an attempt runs, the late end of the one before lets nothing begin' => function () use ($does, $kept) {
        foreach (['threw', 'released', 'failed', 'unknown'] as $verdict) {
            $stage = new Stage;
            $attempts = $stage->app->make(Attempts::class);
            $late = $kept(1);
            equal(null, $attempts->begin($late));
            Clock::passes(41);
            $seen = [];
            Job::$meanwhile = function () use ($stage, $attempts, $late, $verdict, &$seen) {
                $attempts->settle($late, ['verdict' => $verdict, 'error' => 'late', 'delay' => 0]);
                foreach ([2, 3, 1] as $attempt) {
                    $seen[] = $stage->ask(Job::body('succeeds', 9), ['attempt' => $attempt])['verdict'];
                }
                $seen[] = $stage->ask(Job::body('succeeds', 9), ['ask' => 'failed', 'attempt' => 2, 'error' => 'killed'])['verdict'];
            };
            equal('done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 2])['verdict'], "after another $verdict late");
            equal(['succeeds 2'], Job::$log);
            equal(['busy', 'busy'], [$seen[0], $seen[1]], "what the second and the third are told after the first $verdict late");
            equal('busy', $seen[3], 'what is told of a failure meanwhile');
            equal('done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 2])['verdict']);
        }
    },
    'a late attempt that breaks off changes nothing of the next one either' => function () use ($kept) {
        $stage = new Stage;
        $attempts = $stage->app->make(Attempts::class);
        $attempts->begin($kept(1));
        Clock::passes(41);
        equal('done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 2])['verdict']);
        // What is noted when PHP comes to its end in the middle of a job.
        $attempts->settle($kept(1), ['verdict' => 'threw', 'error' => 'PHP broke off: exit() was called']);
        equal('done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 2])['verdict']);
        equal('done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 3])['verdict']);
        equal(['succeeds 2'], Job::$log);
    },
    'a late attempt that fails tells nobody: no failed(), no event, no row' => function () use ($overtaken) {
        foreach (['succeeds', 'throws', 'releases'] as $next) {
            $stage = new Stage;
            $overtaken($stage, 'fails', $next);
            equal([], array_values(preg_grep('/failed/', Job::$log)), "failed() of a late attempt, the next $next");
            equal([[], false], [$stage->failedRows(), in_array('Failed', $stage->events, true)], "the next $next");
        }
    },
    'a late attempt is known as done if it is, when the next one is asked for' => function () {
        $stage = new Stage;
        Job::$meanwhile = fn () => Clock::passes(41);
        equal('done', $stage->ask(Job::body('succeeds', 9))['verdict']);
        equal('done', $stage->ask(Job::body('succeeds', 9), ['attempt' => 2])['verdict']);
        equal(['succeeds 1'], Job::$log);
    },
    'a late attempt that nobody has overtaken counts as it ends' => function () use ($does) {
        foreach ($does as $late => $verdict) {
            $stage = new Stage;
            Job::$meanwhile = fn () => Clock::passes(41);
            equal($verdict, $stage->ask(Job::body($late, 9))['verdict']);
            equal($verdict, $stage->ask(Job::body($late, 9))['verdict'], "$late, asked again");
        }
    },
    'a late task is overtaken like a late request' => function () use ($kept) {
        $stage = new Stage;
        $attempts = $stage->app->make(Attempts::class);
        $attempts->begin($kept(1));
        Clock::passes(41);
        $attempts->begin($kept(2));
        equal([false, true], [$attempts->keep($kept(1)), $attempts->keep($kept(2))]);
        $attempts->settle($kept(2), ['verdict' => 'done']);
        $attempts->settle($kept(1), ['verdict' => 'threw', 'error' => 'late']);
        equal('done', $attempts->begin($kept(3))['verdict'] ?? null);
    },
];
