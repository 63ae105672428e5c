<?php

namespace App\Console;

use App\Record;
use Illuminate\Console\Command;

/** Writes a line of the record: what a scheduled command does here. */
final class RecordCommand extends Command
{
    protected $signature = 'app:record {event}';

    public function handle(): void
    {
        Record::write(['event' => $this->argument('event')]);
    }
}
