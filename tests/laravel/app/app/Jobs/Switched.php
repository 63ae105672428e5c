<?php

namespace App\Jobs;

use App\Record;
use RuntimeException;

/** A class that Rust has too, whose route is changed while its jobs run. With a marker it waits for that, or throws until it is there. */
final class Switched extends Job
{
    public $tries = 100;

    public $backoff = 1;

    /** Longer than PHP takes for any of them, however busy the machine is: one that runs on after its time runs twice. */
    public $timeout = 10;

    public function __construct(public string $marker = '', public bool $throws = false)
    {
        if ($marker !== '' && ! $throws) {
            $this->timeout = 15;
        }
    }

    public function handle(): void
    {
        if ($this->throws && ! $this->isMarked()) {
            $this->says('threw');
            throw new RuntimeException("the marker {$this->marker} is not there");
        }
        if (! $this->isMarked()) {
            $this->says('began');
        }
        while (! $this->isMarked()) {
            usleep(10000);
        }
        $this->says('ended');
    }

    private function isMarked(): bool
    {
        return $this->marker === '' || file_exists(getenv('MARKERS').'/'.$this->marker);
    }

    private function says(string $event): void
    {
        Record::write(['job' => self::class, 'event' => $event, 'id' => $this->job->uuid()]);
    }
}
