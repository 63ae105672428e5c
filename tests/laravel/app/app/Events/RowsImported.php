<?php

namespace App\Events;

final class RowsImported
{
    public function __construct(public string $table, public int $rows)
    {
    }
}
