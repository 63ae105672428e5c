<?php

namespace App\Console;

use Illuminate\Console\Command;
use Illuminate\Support\Facades\DB;

/** What the queue has left in the application's database, and nothing of it that differs from run to run. */
final class RowsCommand extends Command
{
    protected $signature = 'app:rows {--clear : throw it away afterwards} {--generation : with the generations of failed jobs}';

    public function handle(): void
    {
        $batches = DB::table('job_batches')->orderBy('created_at')->get()->map(fn ($row) => [
            'total' => $row->total_jobs, 'pending' => $row->pending_jobs, 'failed' => $row->failed_jobs,
            'failed_ids' => count(json_decode($row->failed_job_ids)), 'cancelled' => $row->cancelled_at !== null, 'finished' => $row->finished_at !== null,
        ]);
        $failed = DB::table('failed_jobs')->get()->map(fn ($row) => [
            'connection' => $row->connection, 'job' => json_decode($row->payload, true)['displayName'], 'exception' => strtok($row->exception, "\n"),
        ] + ($this->option('generation') ? ['generation' => json_decode($row->payload, true)['hikyaku']['generation'] ?? 0] : []))->sortBy(fn ($row) => json_encode($row))->values();
        $this->line(json_encode(['batches' => $batches, 'failed' => $failed]));
        if ($this->option('clear')) {
            DB::table('job_batches')->delete();
            DB::table('failed_jobs')->delete();
        }
    }
}
