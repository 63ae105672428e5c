<?php

/** PHP's process, which serves other requests afterwards under Octane, FrankenPHP and RoadRunner. */

use Hikyaku\Laravel\Ask;
use Hikyaku\Laravel\Attempts;
use Illuminate\Cache\FileStore;
use Illuminate\Cache\Repository;
use Illuminate\Filesystem\Filesystem;
use Symfony\Component\Process\Process;

// What PHP itself is told.
$settings = fn () => ['time limit' => ini_get('max_execution_time'), 'goes on' => (bool) ignore_user_abort(), 'buffers' => ob_get_level()];

// A process that serves these requests one after the other and comes to its end: what is known of their jobs then.
$served = function (string ...$requests): array {
    $folder = sys_get_temp_dir().'/hikyaku-served-'.bin2hex(random_bytes(6));
    $php = new Process([PHP_BINARY, __DIR__.'/../run.php', 'serves', $folder, ...$requests]);
    $php->run();
    $attempts = new Attempts(new Repository(new FileStore(new Filesystem, $folder)), 86400);
    $told = [];
    foreach ($requests as $number => $does) {
        $ask = Ask::kept(http_build_query(['ask' => 'run', 'id' => "job-$number", 'generation' => 0, 'attempt' => 1]), '', 30);
        $known = $attempts->begin($ask);
        $told["$number $does"] = $known === null ? 'never began' : $known['verdict'].(isset($known['error']) ? ': '.$known['error'] : '');
    }
    (new Filesystem)->deleteDirectory($folder);

    return $told + ['output' => $php->getOutput().$php->getErrorOutput()];
};

return [
    'after an attempt PHP is told what it was told before, however the attempt ended' => function () use ($settings) {
        foreach ([0, 120] as $limit) {
            foreach ([true, false] as $goesOn) {
                foreach (['succeeds', 'throws', 'fails', 'prints', 'opens buffers', 'changes what PHP is told'] as $does) {
                    set_time_limit($limit);
                    ignore_user_abort($goesOn);
                    $before = $settings();
                    $during = null;
                    $stage = new Stage;
                    Job::$meanwhile = function () use ($settings, &$during) {
                        $during = $settings();
                    };
                    $stage->ask(Job::body($does, 9), ['left' => 30000]);
                    $after = $settings();
                    set_time_limit(0);
                    ignore_user_abort(false);
                    equal($before, $after, "after a job that $does");
                    equal(['time limit' => '35', 'goes on' => true], array_diff_key($during, ['buffers' => 0]), 'what holds while it runs');
                }
            }
        }
    },
    'nor does what PHP is told outlive an attempt whose end could not be noted, and the courier is told how it ended' => function () use ($settings) {
        $before = $settings();
        foreach (['succeeds' => 'done', 'throws' => 'threw', 'fails' => 'failed'] as $does => $verdict) {
            $stage = new Stage;
            Job::$meanwhile = fn () => SharedStore::$isAway = true;
            $answer = $stage->ask(Job::body($does, 9));
            equal([200, true, $verdict], [$answer['status'], $answer['signed'], $answer['verdict'] ?? null], $does);
            equal(true, in_array('RuntimeException: the cache is away', Reported::$seen, true), 'whether it is reported');
            equal($before, $settings());
            SharedStore::$isAway = false;
        }
    },
    'a process that has served many jobs has kept none of them' => function () {
        $stage = new Stage;
        $body = fn (int $number) => substr(Job::body('succeeds'), 0, -1).',"more":"'.$number.str_repeat('x', 200000).'"}';
        $atEnd = (fn () => self::$atEnd)->bindTo(null, Hikyaku\Laravel\Enclosure::class);
        [$used, $first] = [null, null];
        for ($request = 0; $request < 220; $request++) {
            equal('done', $stage->ask($body($request), ['id' => "job-$request"])['verdict']);
            $used ??= $request === 20 ? memory_get_usage() : null;
            $first ??= $atEnd();
        }
        gc_collect_cycles();
        $kept = intdiv(memory_get_usage() - $used, 200);
        equal(true, $kept < 20000, "whether less than 20 kB are kept of each; $kept bytes are");
        equal($atEnd(), $first, 'what PHP calls at its end');
    },
    'PHP that comes to its end between two jobs changes nothing of those that were' => function () use ($served) {
        $told = $served('succeeds', 'throws', 'end');
        equal(['0 succeeds' => 'done', '1 throws' => $told['1 throws'], '2 end' => 'never began'], array_diff_key($told, ['output' => 0]), $told['output']);
        equal(true, str_starts_with($told['1 throws'], 'threw: DomainException: no paper'), $told['1 throws']);
    },
    'a job that opens an output buffer for good does not hold up the process' => function () use ($served) {
        $told = $served('opens a buffer for good', 'succeeds');
        equal(['done', 'done'], [$told['0 opens a buffer for good'], $told['1 succeeds']], $told['output']);
    },
    'PHP that comes to its end in a job says so of this job alone' => function () use ($served) {
        $reasons = ['fills its memory' => 'threw: PHP broke off: Allowed memory size', 'warns and exits' => 'threw: PHP broke off: exit() was called', 'exits' => 'threw: PHP broke off: exit() was called', 'runs out of memory' => 'threw: PHP broke off: Allowed memory size', 'calls nothing' => 'threw: Error: Call to undefined'];
        foreach ($reasons as $does => $reason) {
            $told = $served('succeeds', 'releases', $does);
            equal(['done', 'released', true], [$told['0 succeeds'], $told['1 releases'], str_starts_with($told["2 $does"], $reason)], "what is said of a job that $does is {$told["2 $does"]} ({$told['output']})");
        }
    },
    'PHP that ends later is no reason to say of a job that it broke off, though its end could not be noted' => function () use ($served) {
        $told = $served('breaks the cache', 'end');
        equal('busy', $told['0 breaks the cache'], $told['output']);
    },
    'a job that computes for ever is stopped, and that is said of it alone' => function () use ($served) {
        $told = $served('succeeds', 'computes for ever');
        equal(['done', true], [$told['0 succeeds'], str_contains($told['1 computes for ever'], 'Maximum execution time')], $told['1 computes for ever'].$told['output']);
    },
];
