<?php

namespace App\Jobs;

/** One link of a chain that only PHP has. */
final class PhpStep extends Job
{
    public function __construct(public string $name)
    {
    }
}
