<?php

namespace App\Jobs;

/** A class that Rust has too, which refuses an invoice without lines. */
final class Invoiced extends Job
{
    public function __construct(public int $lines)
    {
    }
}
