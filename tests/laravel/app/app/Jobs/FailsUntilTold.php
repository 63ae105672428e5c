<?php

namespace App\Jobs;

use RuntimeException;

/** Fails until a marker is there. */
final class FailsUntilTold extends Job
{
    public $tries = 1;

    public $backoff;

    public function __construct(public string $marker, public string $note = '', public float $ratio = 0.5)
    {
    }

    public function handle(): void
    {
        parent::handle();
        if (! file_exists(getenv('MARKERS').'/'.$this->marker)) {
            throw new RuntimeException("the marker {$this->marker} is not there");
        }
    }
}
