<?php

namespace App\Console;

use App\Events\RowsImported;
use App\Events\RowsTallied;
use App\Jobs\Alone;
use App\Jobs\BatchedStep;
use App\Jobs\FailsUntilTold;
use App\Jobs\ImportRows;
use App\Jobs\Invoiced;
use App\Jobs\Long;
use App\Jobs\OnlyPhp;
use App\Jobs\Patient;
use App\Jobs\PhpStep;
use App\Jobs\SecretStep;
use App\Jobs\Slow;
use App\Jobs\Step;
use App\Jobs\Switched;
use App\Jobs\TellsWhenItFailed;
use App\Jobs\Troubled;
use App\Jobs\UniqueStep;
use App\Jobs\UniqueUntilStarted;
use App\Mail\RowsMail;
use App\Notifications\RecordChannel;
use App\Notifications\RowsNotice;
use App\Record;
use Closure;
use DateTimeImmutable;
use Illuminate\Bus\Batch;
use Illuminate\Bus\PendingBatch;
use Illuminate\Console\Command;
use Illuminate\Queue\Middleware\WithoutOverlapping;
use Illuminate\Queue\Queue as PayloadHooks;
use Illuminate\Support\Facades\Bus;
use Illuminate\Support\Facades\Mail;
use Illuminate\Support\Facades\Notification;
use Illuminate\Support\Facades\Queue;
use RuntimeException;
use Throwable;

/** Dispatches as an application does, and prints each job that was sent as a line of JSON. */
final class DispatchCommand extends Command
{
    protected $signature = 'app:dispatch {what} {arguments?*}';

    public function handle(): void
    {
        PayloadHooks::createPayloadUsing(function ($connection, $queue, $payload) {
            $this->line(json_encode(['uuid' => $payload['uuid'], 'name' => $payload['displayName']]));

            return [];
        });
        $this->{$this->argument('what')}(...$this->argument('arguments'));
        PayloadHooks::createPayloadUsing(null);
    }

    private function object(): void
    {
        ImportRows::dispatch('https://example.com/a b.csv?名=1', 1000, 0.1, new DateTimeImmutable('2026-01-02 03:04:05.678901+09:00'));
    }

    private function string(): void
    {
        Queue::push('build-report', ['month' => '2026-10', 'shares' => [1.0, 0.25, 1.0e+100], 'title' => "Zürich 東京 😀 \"quoted\" \\ /"]);
    }

    private function stringWithoutData(): void
    {
        Queue::push('build-report');
    }

    private function delayed(string $seconds): void
    {
        Step::dispatch('later')->delay((int) $seconds);
    }

    private function fails(string $marker): void
    {
        FailsUntilTold::dispatch($marker, "Zürich 東京 😀 \"quoted\" \\ /", 1.0);
    }

    /** Too long for a row of the failed store: three bytes a character. */
    private function failsLong(string $queue, string $marker): void
    {
        FailsUntilTold::dispatch($marker, str_repeat('長', 150000))->onQueue($queue);
    }

    /** What PHP says of tries and backoff holds in Rust. */
    private function triesTwice(string $marker): void
    {
        $job = new FailsUntilTold($marker);
        $job->tries = 2;
        $job->backoff = [1];
        dispatch($job);
    }

    private function stringFails(string $marker): void
    {
        Queue::push('fails-until-told', ['marker' => $marker, 'note' => "Zürich 東京 😀 \"quoted\" \\ /", 'ratio' => 1.0]);
    }

    private function step(string $queue, string $name): void
    {
        Step::dispatch($name)->onQueue($queue);
    }

    private function unknown(string $queue): void
    {
        OnlyPhp::dispatch(42)->onQueue($queue);
    }

    /** What carries PHP itself: a closure, a listener, a mailable, a notification. */
    private function onlyForPhp(string $queue): void
    {
        config(['queue.connections.sqs.queue' => $queue]);
        dispatch(function () {
            Record::write(['job' => 'closure']);
        });
        event(new RowsImported('customers', 7));
        Mail::to('someone@example.com')->queue(new RowsMail(7));
        Notification::route(RecordChannel::class, 'someone')->notify(new RowsNotice(7));
    }

    /** One of each kind that there is. */
    private function everyKind(string $queue): void
    {
        config(['queue.connections.sqs.queue' => $queue]);
        $this->onlyForPhp($queue);
        Step::dispatch('object')->onQueue($queue);
        Step::dispatch('delayed')->onQueue($queue)->delay(1);
        Queue::push('App\\Queue\\WritesNote@handle', ['note' => 'string job', 'price' => 1.0]);
        Queue::push('App\\Queue\\WritesNote@handle', ['fails' => 'the string job fails']);
        Troubled::dispatch()->onQueue($queue);
        Patient::dispatch()->onQueue($queue);
        $this->encrypted($queue);
        $this->unique($queue, $queue);
        $this->unique($queue, $queue); // is not sent
        $this->alone($queue, 'key', 'alone', 'free');
        Bus::chain([new Step('link one'), new Step('link two'), new Step('link three')])->onQueue($queue)->dispatch();
        $this->chainThatFails($queue);
        $this->batch($queue, '0', 'no', '3');
        $this->batch($queue, '1', 'yes', '3');
        $this->batch($queue, '1', 'no', '1');
    }

    /** From 0.1 s to a second and a half; of every four jobs one is tried once and the others as often as it takes. */
    private function slow(string $queue, string $jobs): void
    {
        foreach (range(1, (int) $jobs) as $number) {
            Slow::dispatch($number, 100 + $number * 7 % 15 * 100, $number % 4 === 0 ? 1 : 50)->onQueue($queue);
        }
    }

    /** One in sixteen throws until its marker is there; one in 250 waits for it. */
    /** Invoices of 0, 1, 2, … lines. */
    private function invoiced(string $queue, string $jobs): void
    {
        foreach (range(0, (int) $jobs - 1) as $lines) {
            Invoiced::dispatch($lines)->onQueue($queue);
        }
    }

    private function switched(string $queue, string $jobs): void
    {
        foreach (range(1, (int) $jobs) as $number) {
            $throws = $number % 16 === 0;
            $marker = $throws || $number % 250 === 1 ? "switched-{$number}" : '';
            Switched::dispatch($marker, $throws)->onQueue($queue);
        }
    }

    private function long(string $queue, string $word, string $tries): void
    {
        Long::dispatch($word, (int) $tries)->onQueue($queue);
    }

    private function listened(): void
    {
        event(new RowsTallied('customers', 7));
    }

    private function raw(string $queue, string $body): void
    {
        $this->line(json_encode(['message' => Queue::pushRaw($body, $queue)]));
    }

    private function chain(string $queue): void
    {
        Bus::chain([
            new Step('one'),
            new Step('two'),
            (new PhpStep('three'))->onQueue('php'),
            new Step('four'),
        ])->onQueue($queue)->dispatch();
    }

    private function chainThatFails(string $queue): void
    {
        Bus::chain([new Step('one'), new FailsUntilTold('never'), new Step('never')])
            ->onQueue($queue)
            ->catch(function (Throwable $e) {
                Record::write(['event' => 'the chain was caught', 'exception' => $e->getMessage()]);
            })
            ->dispatch();
    }

    /** Its second link waits before it runs. */
    private function chainWithDelay(string $queue, string $seconds): void
    {
        Bus::chain([new Step('one'), (new Step('two'))->delay((int) $seconds)])->onQueue($queue)->dispatch();
    }

    /** Only its first link names a queue. */
    private function chainWithoutQueue(string $queue): void
    {
        Bus::chain([(new Step('one'))->onQueue($queue), new Step('two')])->dispatch();
    }

    /** Its second link belongs to another connection, to whichever queue that has for jobs that name none. */
    private function chainAcrossConnections(string $queue): void
    {
        Bus::chain([(new Step('one'))->onQueue($queue), (new Step('two'))->onConnection('other')])->dispatch();
    }

    private function chainThatFailsUntilTold(string $queue, string $marker): void
    {
        Bus::chain([new Step('one'), new FailsUntilTold($marker), new Step('three')])->onQueue($queue)->dispatch();
    }

    private function chainWithClosure(string $queue): void
    {
        Bus::chain([
            new Step('one'),
            static function () {
                Record::write(['payload' => ['name' => 'closure']]);
            },
            new Step('three'),
        ])->onQueue($queue)->dispatch();
    }

    /** Its second link runs alone. */
    private function chainWithAlone(string $queue, string $key, string $marker): void
    {
        $alone = (new Alone('link', $marker))->through([(new WithoutOverlapping($key))->releaseAfter(1)]);
        Bus::chain([new Step('one'), $alone])->onQueue($queue)->dispatch();
    }

    private function chainOfSteps(string $queue): void
    {
        Bus::chain([new Step('one'), new Step('two'), new Step('three')])->onQueue($queue)->dispatch();
    }

    private function chainOfSecrets(string $queue): void
    {
        Bus::chain([
            new SecretStep('一'),
            (new SecretStep('二'))->onQueue('kept'),
            (new SecretStep('三'))->onQueue('php'),
        ])->onQueue($queue)->dispatch();
    }

    /** @param  string  $failing  how many of them fail */
    private function batch(string $queue, string $failing, string $allowFailures, string $size = '10', string $marker = ''): void
    {
        $jobs = array_map(fn (int $number) => new BatchedStep($number, $number <= (int) $failing, $marker), range(1, (int) $size));
        $batch = Bus::batch($jobs)->onQueue($queue)
            ->then($this->says('then'))
            ->catch($this->says('catch'))
            ->finally($this->says('finally'));
        $this->line(json_encode(['batch' => $this->sent($batch, $allowFailures === 'yes')->id]));
    }

    /** Two of its three jobs follow each other. */
    private function batchWithChain(string $queue): void
    {
        $batch = Bus::batch([[new BatchedStep(1), new BatchedStep(2)], new BatchedStep(3)])->onQueue($queue)
            ->then($this->says('then'))
            ->catch($this->says('catch'))
            ->finally($this->says('finally'));
        $this->line(json_encode(['batch' => $batch->dispatch()->id]));
    }

    private function batchWhoseThenThrows(string $queue): void
    {
        $batch = Bus::batch([new BatchedStep(1)])->onQueue($queue)
            ->then(static function () {
                throw new RuntimeException('then has thrown');
            })
            ->finally($this->says('finally'));
        $this->line(json_encode(['batch' => $batch->dispatch()->id]));
    }

    private function says(string $what): Closure
    {
        return static function (Batch $batch, ?Throwable $e = null) use ($what) {
            Record::write(['event' => $what, 'pending' => $batch->pendingJobs, 'failed' => $batch->failedJobs, 'exception' => $e?->getMessage()]);
        };
    }

    private function sent(PendingBatch $batch, bool $allowFailures): Batch
    {
        return ($allowFailures ? $batch->allowFailures() : $batch)->dispatch();
    }

    private function encrypted(string $queue): void
    {
        SecretStep::dispatch('秘密 "key"')->onQueue($queue);
    }

    private function unique(string $queue, string $table, string $marker = ''): void
    {
        UniqueStep::dispatch($table, $marker)->onQueue($queue);
    }

    private function uniqueUntilStarted(string $queue, string $table, string $marker): void
    {
        UniqueUntilStarted::dispatch($table, $marker)->onQueue($queue);
    }

    private function alone(string $queue, string $key, string $name, string $marker): void
    {
        Alone::dispatch($name, $marker)->onQueue($queue)->through([(new WithoutOverlapping($key))->releaseAfter(1)]);
    }

    private function tellsWhenItFailed(string $queue): void
    {
        TellsWhenItFailed::dispatch(42)->onQueue($queue);
    }
}
