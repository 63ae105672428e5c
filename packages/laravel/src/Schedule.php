<?php

namespace Hikyaku\Laravel;

use Illuminate\Contracts\Console\Kernel;
use Illuminate\Contracts\Queue\Job;

/** `php artisan schedule:run` as a job: what an EventBridge schedule sends to the courier every minute. */
final class Schedule
{
    public function __construct(private Kernel $artisan)
    {
    }

    public function run(Job $job): void
    {
        $this->artisan->call('schedule:run');
        $job->delete();
    }
}
