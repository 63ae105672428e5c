<?php

namespace App\Console;

use App\Events\RowsImported;
use App\Jobs\Alone;
use App\Jobs\BatchedStep;
use App\Jobs\ImportCsv;
use App\Jobs\ImportRows;
use App\Jobs\Patient;
use App\Jobs\ResizeImage;
use App\Jobs\SecretStep;
use App\Jobs\Step;
use App\Jobs\Troubled;
use App\Jobs\UniqueStep;
use App\Mail\RowsMail;
use App\Notifications\RecordChannel;
use App\Notifications\RowsNotice;
use App\Record;
use Closure;
use DateTimeImmutable;
use Illuminate\Bus\Batch;
use Illuminate\Console\Command;
use Illuminate\Queue\Middleware\WithoutOverlapping;
use Illuminate\Queue\Queue as PayloadHooks;
use Illuminate\Support\Facades\Bus;
use Illuminate\Support\Facades\Mail;
use Illuminate\Support\Facades\Notification;
use Illuminate\Support\Facades\Queue;

/** What `make run-laravel` sends: a job of each kind, on the queues of template.yaml. Prints each message as a line of JSON. */
final class EveryJobCommand extends Command
{
    protected $signature = 'app:every-job {csv : the URL of a CSV file} {image : the URL of a picture} {--report : only the report on failed jobs}';

    private string $kind = '';

    public function handle(): void
    {
        PayloadHooks::createPayloadUsing(function ($connection, $queue, $payload) {
            $this->line(json_encode(['kind' => $this->kind, 'uuid' => $payload['uuid']]));

            return [];
        });
        foreach ($this->option('report') ? $this->report() : $this->everyJob() as $kind => $send) {
            $this->kind = $kind;
            $send();
        }
        PayloadHooks::createPayloadUsing(null);
    }

    /** @return array<string, Closure> */
    private function everyJob(): array
    {
        return [
            'object job' => fn () => ImportRows::dispatch('https://example.com/rows.csv', 1000, 0.1, new DateTimeImmutable('2026-01-02 03:04:05')),
            'delayed by a second' => fn () => Step::dispatch('delayed')->delay(1),
            'releases itself once' => fn () => Patient::dispatch(),
            'throws on both tries' => fn () => Troubled::dispatch(),
            'string job' => fn () => Queue::push('App\\Queue\\WritesNote@handle', ['note' => 'string job']),
            'closure' => fn () => $this->closure(),
            'queued listener' => fn () => event(new RowsImported('customers', 7)),
            'mailable' => fn () => Mail::to('someone@example.com')->queue(new RowsMail(7)),
            'notification' => fn () => Notification::route(RecordChannel::class, 'someone')->notify(new RowsNotice(7)),
            'encrypted' => fn () => SecretStep::dispatch('secret'),
            'unique' => fn () => UniqueStep::dispatch('customers'),
            'unique, the same again' => fn () => UniqueStep::dispatch('customers'),
            'must not overlap' => fn () => [$this->alone('one'), $this->alone('another')],
            'chain' => fn () => Bus::chain([new Step('before'), $this->resize(), new Step('after')])->dispatch(),
            'batch' => fn () => Bus::batch([new BatchedStep(1), new BatchedStep(2), new BatchedStep(3)])
                ->then($this->says('then'))->finally($this->says('finally'))->dispatch(),
            'CSV import' => fn () => ImportCsv::dispatch($this->argument('csv'), 'customers'),
        ];
    }

    /** @return array<string, Closure> */
    private function report(): array
    {
        return ['string job in Rust' => fn () => Queue::pushOn('local-ReportJobsQueue', 'report-jobs', ['date' => gmdate('Y-m-d'), 'timeZone' => 'UTC'])];
    }

    /** Not beside another closure on one line: Laravel would take that one. */
    private function closure(): void
    {
        dispatch(function () {
            Record::write(['job' => 'closure']);
        });
    }

    private function alone(string $name): void
    {
        // Without expireAfter() Laravel looks for the lock and then takes it, in a file: two at once may both have it.
        Alone::dispatch($name, 'free')->through([(new WithoutOverlapping('key'))->releaseAfter(1)->expireAfter(60)]);
    }

    private function resize(): ResizeImage
    {
        return new ResizeImage($this->argument('image'), [160, 320], ['jpeg', 'webp']);
    }

    private function says(string $what): Closure
    {
        return static function (Batch $batch) use ($what) {
            Record::write(['event' => $what, 'pending' => $batch->pendingJobs, 'failed' => $batch->failedJobs]);
        };
    }
}
