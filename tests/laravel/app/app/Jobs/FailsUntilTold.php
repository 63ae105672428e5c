<?php

namespace App\Jobs;

/** Fails until a marker is there. */
final class FailsUntilTold extends Job
{
    public $tries = 1;

    public function __construct(public string $marker, public string $note = '', public float $ratio = 0.5)
    {
    }
}
