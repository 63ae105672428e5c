<?php

namespace App\Jobs;

use App\Record;

/** Releases itself once. */
final class Patient extends Job
{
    public $tries = 3;

    public function handle(): void
    {
        Record::write(['job' => self::class, 'attempt' => $this->attempts()]);
        if ($this->attempts() === 1) {
            $this->release(1);
        }
    }
}
