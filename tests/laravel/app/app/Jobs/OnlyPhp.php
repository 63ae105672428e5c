<?php

namespace App\Jobs;

/** A class that no function in Rust has. */
final class OnlyPhp extends Job
{
    public function __construct(public int $invoice)
    {
    }
}
