<?php

namespace App\Console;

use App\Record;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Foundation\Console\Kernel as ConsoleKernel;

final class Kernel extends ConsoleKernel
{
    protected $commands = [DispatchCommand::class, BatchCommand::class, EveryJobCommand::class, MigrateCommand::class, RecordCommand::class, RowsCommand::class];

    protected function schedule(Schedule $schedule): void
    {
        $schedule->command('app:record', ['a command that is due'])->everyMinute();
        $schedule->call(fn () => Record::write(['event' => 'a closure that is due']))->everyMinute();
        $schedule->command('app:record', ['a command of leap years'])->cron('0 0 29 2 *');
    }
}
