<?php

namespace App\Jobs;

/** One link of a chain. Rust has it too. */
final class Step extends Job
{
    public function __construct(public string $name)
    {
    }
}
