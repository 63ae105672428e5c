<?php

namespace App\Jobs;

use Illuminate\Contracts\Queue\ShouldBeUniqueUntilProcessing;

/** One of a table at a time, from its dispatch to its start. It runs until its marker is there. */
final class UniqueUntilStarted extends Job implements ShouldBeUniqueUntilProcessing
{
    public function __construct(public string $table, public string $marker)
    {
    }

    public function uniqueId(): string
    {
        return $this->table;
    }
}
