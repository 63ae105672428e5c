<?php

namespace App\Jobs;

use App\Record;
use RuntimeException;
use Throwable;

/** Throws on both of its tries. */
final class Troubled extends Job
{
    public $tries = 2;

    public $backoff = 1;

    public function handle(): void
    {
        Record::write(['job' => self::class, 'event' => 'tries', 'attempt' => $this->attempts()]);
        throw new RuntimeException('there is no paper');
    }

    public function failed(Throwable $e): void
    {
        Record::write(['job' => self::class, 'event' => 'failed() was called', 'exception' => get_class($e).': '.$e->getMessage()]);
    }
}
