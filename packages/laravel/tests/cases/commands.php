<?php

/** The commands for whoever installs it. */

return [
    'hikyaku:check names a missing key and a cache that is not shared' => function () {
        $stage = new Stage(['hikyaku' => ['key' => '', 'cache' => 'array']]);
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
