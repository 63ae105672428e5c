<?php

namespace App\Jobs;

use Illuminate\Bus\Batchable;
use RuntimeException;

/** One of a batch. It fails if it is to, until its marker is there. */
final class BatchedStep extends Job
{
    use Batchable;

    public $tries = 1;

    public function __construct(public int $number, public bool $fails = false, public string $marker = '')
    {
    }

    public function handle(): void
    {
        parent::handle();
        $mended = $this->marker !== '' && file_exists(getenv('MARKERS').'/'.$this->marker);
        if ($this->fails && ! $mended) {
            throw new RuntimeException("number {$this->number} fails");
        }
    }
}
