<?php

namespace Hikyaku\Laravel;

use Illuminate\Contracts\Console\Kernel;
use Illuminate\Contracts\Queue\Job;

/**
 * `php artisan schedule:run` as a job: what an EventBridge schedule sends to the courier every minute.
 *
 * It runs what is due in the minute in which it runs, once: a message that was late leaves the next one nothing to do.
 */
final class Schedule
{
    public function __construct(private Kernel $artisan, private Attempts $attempts)
    {
    }

    public function run(Job $job): void
    {
        if ($this->attempts->isFirstOf('schedule:'.gmdate('Y-m-d H:i'))) {
            $this->artisan->call('schedule:run');
        }
        $job->delete();
    }
}
