<?php

namespace App\Listeners;

use App\Events\RowsTallied;
use Illuminate\Contracts\Queue\ShouldQueue;
use LogicException;

/** A listener that Rust has. */
final class TalliesRows implements ShouldQueue
{
    public $queue = 'settled';

    public function handle(RowsTallied $event): void
    {
        throw new LogicException('this listener runs in Rust');
    }
}
