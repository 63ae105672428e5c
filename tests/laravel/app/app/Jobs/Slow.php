<?php

namespace App\Jobs;

use App\Record;

/** Writes a line when it begins and one when it ends; in between it can be killed. */
final class Slow extends Job
{
    public $tries = 50;

    public $timeout = 5;

    public function __construct(public int $number, public int $milliseconds)
    {
    }

    public function handle(): void
    {
        Record::write(['job' => self::class, 'event' => 'began', 'number' => $this->number, 'attempt' => $this->attempts()]);
        usleep($this->milliseconds * 1000);
        Record::write(['job' => self::class, 'event' => 'ended', 'number' => $this->number, 'attempt' => $this->attempts()]);
    }
}
