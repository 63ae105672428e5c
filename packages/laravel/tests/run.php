<?php

/**
 * The package's tests, on the Laravel that is installed (Debian's php-laravel-framework): php packages/laravel/tests/run.php
 *
 * A request goes through the application's own HTTP kernel and router; jobs run in this process. Each test is a function of a
 * file in cases/ whose name says what holds.
 */

use Illuminate\Foundation\Application;

// The process of its own in which hikyaku:work-once runs a job: it takes its time, and ends as it is told.
if (($argv[1] ?? '') === 'hikyaku:work-once') {
    usleep(700000);
    getenv('JOB_DIES') && exit(7);
    file_put_contents(substr($argv[3], strlen('--verdict=')), '{"verdict":"done"}');
    exit(0);
}

error_reporting(E_ALL & ~E_DEPRECATED); // Laravel 8 on PHP 8.2 speaks of little else
// As in an application, where Laravel makes an exception of each warning.
set_error_handler(fn ($level, $text, $file, $line) => error_reporting() & $level ? throw new ErrorException($text, 0, $level, $file, $line) : true);
require_once getenv('LARAVEL_AUTOLOAD') ?: '/usr/share/php/Illuminate/autoload.php';
spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'Hikyaku\\Laravel\\')) {
        require_once __DIR__.'/../src/'.str_replace('\\', '/', substr($class, 16)).'.php';
    }
});

require __DIR__.'/clock.php';

function equal(mixed $should, mixed $is, string $what = ''): void
{
    if ($should !== $is) {
        throw new LogicException(trim("$what is ".var_export($is, true).', should be '.var_export($should, true)));
    }
}

require __DIR__.'/stage.php';

// A process that serves several requests, one after the other.
if (($argv[1] ?? '') === 'serves') {
    $stage = new Stage([], new LastingStore(new Illuminate\Filesystem\Filesystem, $argv[2]));
    foreach (array_slice($argv, 3) as $number => $does) {
        $does === 'end' && exit(0);
        // What computes for ever has a second: PHP is told five more than an attempt has.
        $stage->ask(Job::body($does, 9, "job-$number"), ['left' => $does === 'computes for ever' ? -4000 : 30000]);
        LastingStore::$isAway = false;
    }
    exit(0);
}

$failed = 0;
$cases = [];
foreach (glob(__DIR__.'/cases/*.php') as $file) {
    $more = require $file;
    equal([], array_intersect_key($cases, $more), 'what has the same name as an earlier test');
    $cases += $more;
}
foreach ($cases as $name => $case) {
    try {
        $case();
        echo "ok    $name\n";
    } catch (Throwable $e) {
        $failed++;
        echo "WRONG $name\n      ".get_class($e).': '.$e->getMessage().' at '.basename($e->getFile()).':'.$e->getLine()."\n";
    }
}
echo "\n".count($cases)." tests of the package on Laravel ".Application::VERSION.', PHP '.PHP_VERSION.", $failed of them not as they should be.\n";
exit($failed === 0 ? 0 : 1);
