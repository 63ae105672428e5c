<?php

namespace App\Jobs;

use App\Record;

/** Writes a line when it begins and one when it ends, with the server that it runs on; in between it can be killed. */
final class Slow extends Job
{
    public $tries;

    public $timeout = 3;

    public function __construct(public int $number, public int $milliseconds, int $tries)
    {
        $this->tries = $tries;
    }

    public function handle(): void
    {
        $this->says('began');
        usleep($this->milliseconds * 1000);
        $this->says('ended');
    }

    private function says(string $event): void
    {
        Record::write(['job' => self::class, 'event' => $event, 'number' => $this->number, 'attempt' => $this->attempts(),
            'server' => (int) getenv('SERVER'), 'at' => (int) (microtime(true) * 1000)]);
    }
}
