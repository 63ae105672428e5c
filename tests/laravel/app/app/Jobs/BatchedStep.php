<?php

namespace App\Jobs;

use Illuminate\Bus\Batchable;
use RuntimeException;

/** One of a batch. */
final class BatchedStep extends Job
{
    use Batchable;

    public $tries = 1;

    public function __construct(public int $number, public bool $fails = false)
    {
    }

    public function handle(): void
    {
        parent::handle();
        if ($this->fails) {
            throw new RuntimeException("number {$this->number} fails");
        }
    }
}
