<?php

namespace App\Jobs;

use App\Record;
use RuntimeException;
use Throwable;

/** Has a failed() hook, as Laravel's documentation shows it. It throws while the marker no-paper is there. */
final class TellsWhenItFailed extends Job
{
    public $tries = 1;

    public function __construct(public int $invoice)
    {
    }

    public function failed(Throwable $e): void
    {
        if (file_exists(getenv('MARKERS').'/no-paper')) {
            throw new RuntimeException('there is no paper');
        }
        Record::write(['job' => self::class, 'event' => 'failed() was called', 'invoice' => $this->invoice, 'exception' => $e->getMessage()]);
    }
}
