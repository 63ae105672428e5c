<?php

namespace App\Jobs;

use App\Record;

/**
 * One link of a chain that only PHP has. It records how often its message lets it be tried, which Rust says of this
 * class when it sends it.
 */
final class PhpStep extends Job
{
    public function __construct(public string $name)
    {
    }

    public function handle(): void
    {
        Record::write(['job' => self::class, 'maxTries' => $this->job->maxTries(), 'payload' => ['name' => $this->name]]);
    }
}
