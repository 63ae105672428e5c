<?php

namespace App\Jobs;

use LogicException;

/** A class that has moved to Rust (crates/import-csv): what is left of it is what is dispatched. */
final class ImportCsv extends Job
{
    public $queue = 'local-ImportCsvQueue';

    public function __construct(public string $url, public string $table)
    {
    }

    public function handle(): void
    {
        throw new LogicException('this job runs in Rust');
    }
}
