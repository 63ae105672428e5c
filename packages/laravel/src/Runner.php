<?php

namespace Hikyaku\Laravel;

use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Queue\Jobs\JobName;
use Illuminate\Queue\MaxAttemptsExceededException;
use Illuminate\Queue\WorkerOptions;
use LogicException;
use Throwable;

/** Runs a job as queue:work does, with Laravel's own worker, and says what became of it. */
final class Runner
{
    /** A job that neither deleted nor released itself comes again after so many seconds, as it would from SQS. */
    private const UNDECIDED = 60;

    public function __construct(private Application $app, private ExceptionHandler $exceptions, private Attempts $attempts)
    {
    }

    /** One attempt. */
    public function run(Ask $ask): array
    {
        $job = new CarriedJob($this->app, $ask, $this->attempts);
        $missing = $this->missing($job) ?? $this->lacksTasks($ask);
        if ($missing !== null) {
            return $this->unknown($job, $missing);
        }
        try {
            $this->app['queue.worker']->setCache($this->app['cache.store'])->process($ask->connection, $job, $this->options($ask));
        } catch (Throwable $e) {
            $job->exception() ?? $job->threw($e);
            $this->exceptions->report($e);
        }
        if ($job->hasFailed()) {
            return ['verdict' => 'failed', 'error' => $this->text($job->failure ?? $job->exception())];
        }
        if ($job->releasedAfter !== null) {
            return ['verdict' => 'released', 'delay' => $job->releasedAfter];
        }
        if ($job->exception() !== null && ! $job->isDeleted()) {
            return ['verdict' => 'threw', 'error' => $this->text($job->exception())];
        }

        return $job->isDeleted() ? ['verdict' => 'done'] : ['verdict' => 'released', 'delay' => self::UNDECIDED];
    }

    /** Whether the job's class says that it runs as a task of its own. */
    public function isForTask(Ask $ask): bool
    {
        $payload = json_decode($ask->body, true);
        $names = [$payload['data']['commandName'] ?? null, $payload['displayName'] ?? null, JobName::parse((string) ($payload['job'] ?? ''))[0]];
        $marked = array_filter($names, fn ($name) => is_string($name) && is_a($name, RunsAsTask::class, true));

        return $marked !== [];
    }

    private function lacksTasks(Ask $ask): ?string
    {
        return $this->isForTask($ask) && ! $ask->tasks
            ? 'the job is to run as a task (RunsAsTask), and the courier starts none: set HIKYAKU_TASK_CLUSTER there, then retry the job'
            : null;
    }

    /** The job has failed for good, which was decided elsewhere: failed(), the batch, the chain, the event, the row. */
    public function fail(Ask $ask): array
    {
        try {
            (new CarriedJob($this->app, $ask, $this->attempts))->fail(new MaxAttemptsExceededException($ask->error));
        } catch (Throwable $e) {
            $this->exceptions->report($e);
        }

        return ['verdict' => 'failed', 'error' => $ask->error];
    }

    /** The event and the row, as far as they can be had without the class. */
    private function unknown(CarriedJob $job, string $missing): array
    {
        try {
            is_string($job->payload()['job'] ?? null) && $job->fail(new LogicException($missing));
        } catch (Throwable $e) {
            $this->exceptions->report($e);
        }

        return ['verdict' => 'unknown', 'error' => $missing];
    }

    private function options(Ask $ask): WorkerOptions
    {
        $options = new WorkerOptions;
        $options->maxTries = $ask->tries;
        $options->backoff = $ask->backoff;
        $options->timeout = $ask->timeout;

        return $options;
    }

    /** What the application lacks to run this job; null: nothing. */
    private function missing(CarriedJob $job): ?string
    {
        $payload = $job->payload();
        if (! is_array($payload) || ! is_string($payload['job'] ?? null)) {
            return 'the message is not a job';
        }
        [$class] = JobName::parse($payload['job']);
        $command = $payload['data']['commandName'] ?? $class;
        foreach ([$class, $command] as $needed) {
            if (! is_string($needed) || ! (class_exists($needed) || $this->app->bound($needed))) {
                return 'the application has no class '.(is_string($needed) ? $needed : '?');
            }
        }

        return null;
    }

    private function text(?Throwable $e): string
    {
        if ($e === null) {
            return 'the job failed itself and said no reason';
        }
        $text = get_class($e).': '.$e->getMessage().' in '.$e->getFile().':'.$e->getLine();

        return mb_substr(mb_scrub($text), 0, 4000);
    }
}
