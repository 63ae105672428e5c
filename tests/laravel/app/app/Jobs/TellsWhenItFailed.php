<?php

namespace App\Jobs;

use App\Record;
use Throwable;

/** Has a failed() hook, as Laravel's documentation shows it. */
final class TellsWhenItFailed extends Job
{
    public $tries = 1;

    public function __construct(public int $invoice)
    {
    }

    public function failed(Throwable $e): void
    {
        Record::write(['job' => self::class, 'event' => 'failed() was called', 'invoice' => $this->invoice, 'exception' => $e->getMessage()]);
    }
}
