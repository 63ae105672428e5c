<?php

namespace App\Console;

use Illuminate\Console\Scheduling\ScheduleRunCommand;
use Illuminate\Foundation\Providers\ArtisanServiceProvider;

/** Laravel's own artisan commands, those of the queue and the schedule only: a process starts the faster. */
final class QueueCommandsServiceProvider extends ArtisanServiceProvider
{
    protected $commands = [
        'QueueClear' => 'command.queue.clear',
        'QueueFailed' => 'command.queue.failed',
        'QueueFlush' => 'command.queue.flush',
        'QueueForget' => 'command.queue.forget',
        'QueueRetry' => 'command.queue.retry',
        'QueueRetryBatch' => 'command.queue.retry-batch',
        'QueueWork' => 'command.queue.work',
        'ScheduleRun' => ScheduleRunCommand::class,
    ];

    protected $devCommands = [];
}
