<?php

namespace App\Console;

use Illuminate\Foundation\Console\Kernel as ConsoleKernel;

final class Kernel extends ConsoleKernel
{
    protected $commands = [DispatchCommand::class, BatchCommand::class, EveryJobCommand::class, MigrateCommand::class, RowsCommand::class];
}
