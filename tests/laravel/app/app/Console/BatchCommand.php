<?php

namespace App\Console;

use Illuminate\Console\Command;
use Illuminate\Support\Facades\Bus;

/** What `Bus::findBatch` says of a batch, as JSON. */
final class BatchCommand extends Command
{
    protected $signature = 'app:batch {id}';

    public function handle(): void
    {
        $batch = Bus::findBatch($this->argument('id'));
        $this->line(json_encode([
            'total' => $batch->totalJobs,
            'pending' => $batch->pendingJobs,
            'failed' => $batch->failedJobs,
            'failedIds' => $batch->failedJobIds,
            'progress' => $batch->progress(),
            'finished' => $batch->finished(),
            'cancelled' => $batch->cancelled(),
        ]));
    }
}
