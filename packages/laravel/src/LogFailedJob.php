<?php

namespace Hikyaku\Laravel;

use Closure;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\QueryException;
use Illuminate\Queue\Events\JobFailed;
use Illuminate\Queue\Failed\DatabaseFailedJobProvider;
use Illuminate\Queue\Failed\DynamoDbFailedJobProvider;
use Throwable;

/** Writes a failed job to the application's failed_jobs, as queue:work does. Whatever that comes to, other listeners hear of the failure. */
final class LogFailedJob
{
    public function __construct(private Application $app, private ExceptionHandler $exceptions)
    {
    }

    public function handle(JobFailed $event): void
    {
        if (! $event->job instanceof CarriedJob || ! $this->app['config']['hikyaku.log_failed']) {
            return;
        }
        // A uuid has one row. That of an earlier failure is left if the job was sent again from elsewhere, and would run nothing.
        $this->try(fn ($rows) => $this->isInTheWay($rows) && $rows->forget($event->job->uuid()));
        // What queue:retry sends again is the next generation of the job: the courier runs it anew.
        $this->try(fn ($rows) => $rows->log($event->connectionName, $event->job->getQueue(), $event->job->nextGeneration(), $event->exception));
    }

    /** DynamoDB overwrites an earlier row. Where ids are numbers there may be several, and MySQL takes a uuid for a number. */
    private function isInTheWay(object $rows): bool
    {
        return ! $rows instanceof DynamoDbFailedJobProvider && ! $rows instanceof DatabaseFailedJobProvider;
    }

    private function try(Closure $step): void
    {
        try {
            $step($this->app['queue.failer']);
        } catch (QueryException $e) {
            // Its own text has the payload in it.
            $this->exceptions->report($e->getPrevious() ?? $e);
        } catch (Throwable $e) {
            $this->exceptions->report($e);
        }
    }
}
