<?php

namespace App\Jobs;

use App\Record;
use RuntimeException;

/** Runs beside no other of its key, in PHP or in Rust. It runs until its marker is there. */
final class Alone extends Job
{
    public $tries = 50;

    public function __construct(public string $name, public string $marker)
    {
    }

    public function handle(): void
    {
        Record::write(['job' => self::class, 'event' => 'began', 'name' => $this->name]);
        $patience = microtime(true) + 30;
        while (! file_exists(getenv('MARKERS').'/'.$this->marker)) {
            if (microtime(true) > $patience) {
                throw new RuntimeException('nobody set the marker '.$this->marker);
            }
            usleep(10000);
        }
        Record::write(['job' => self::class, 'event' => 'ended', 'name' => $this->name]);
    }
}
