<?php

namespace App\Events;

final class RowsTallied
{
    public function __construct(public string $table, public int $rows)
    {
    }
}
