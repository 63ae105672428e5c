<?php

namespace App\Listeners;

use App\Events\RowsImported;
use App\Record;
use Illuminate\Contracts\Queue\ShouldQueue;

final class CountsRows implements ShouldQueue
{
    public function handle(RowsImported $event): void
    {
        Record::write(['job' => self::class, 'table' => $event->table, 'rows' => $event->rows]);
    }
}
