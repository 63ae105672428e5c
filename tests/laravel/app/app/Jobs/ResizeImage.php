<?php

namespace App\Jobs;

use LogicException;

/** A class that has moved to Rust (crates/jobs, resize-image). */
final class ResizeImage extends Job
{
    public $queue = 'local-ResizeImageQueue';

    public function __construct(public string $url, public array $widths, public array $formats)
    {
    }

    public function handle(): void
    {
        throw new LogicException('this job runs in Rust');
    }
}
