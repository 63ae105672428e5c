<?php

namespace App\Jobs;

use App\Record;
use RuntimeException;

/** Takes so long in its first attempt that the next one is over before it ends: until there is a marker. */
final class Late extends Job
{
    public function __construct(public string $name, public string $ends)
    {
    }

    public function handle(): void
    {
        $attempt = $this->attempts();
        Record::write(['job' => self::class, 'event' => 'began', 'name' => $this->name, 'attempt' => $attempt]);
        if ($attempt === 1) {
            while (! file_exists(getenv('MARKERS').'/late')) {
                usleep(20000);
            }
            match ($this->ends) {
                'throws' => throw new RuntimeException('lock wait timeout exceeded'),
                'fails' => $this->fail(new RuntimeException('never again')),
                'releases' => $this->release(30),
                'exits' => exit(1),
            };
        }
    }

    public function failed(): void
    {
        Record::write(['job' => self::class, 'event' => 'failed() was called', 'name' => $this->name]);
    }
}
