<?php

namespace App\Jobs;

use Illuminate\Contracts\Queue\ShouldBeUnique;

/** One of a table at a time, from its dispatch to its end. */
final class UniqueStep extends Job implements ShouldBeUnique
{
    public $tries = 1;

    public int $uniqueFor = 3600;

    public function __construct(public string $table, public string $marker = '')
    {
    }

    public function uniqueId(): string
    {
        return $this->table;
    }
}
