<?php

namespace App\Jobs;

use Illuminate\Bus\Batchable;

/** One of a batch; the marker `fails` never comes. */
final class BatchedStep extends Job
{
    use Batchable;

    public $tries = 1;

    public function __construct(public int $number, public bool $fails = false)
    {
    }
}
