<?php

namespace Hikyaku\Laravel;

use Illuminate\Container\Container;
use Illuminate\Contracts\Queue\Job as JobContract;
use Illuminate\Queue\Jobs\Job;
use Throwable;

/** A job that the courier brought. What it does to itself is written down and answered; the courier does it to the message. */
final class CarriedJob extends Job implements JobContract
{
    /** After how many seconds its own code wants it to run again. */
    public ?int $releasedAfter = null;

    public ?Throwable $failure = null;

    private ?Throwable $exception = null;

    public function __construct(Container $container, private Ask $ask, private Attempts $attempts)
    {
        $this->container = $container;
        $this->connectionName = $ask->connection;
        $this->queue = $ask->queue;
    }

    public function threw(Throwable $exception): void
    {
        $this->exception = $exception;
    }

    public function exception(): ?Throwable
    {
        return $this->exception;
    }

    /** The worker releases a job that threw, too. When that is tried again is the courier's business. */
    public function release($delay = 0)
    {
        parent::release($delay);
        if ($this->exception === null) {
            $this->releasedAfter = max(0, $this->secondsUntil($delay));
        }
    }

    public function fail($e = null)
    {
        $this->failure = $e instanceof Throwable ? $e : null;
        // An attempt that was given up tells nobody: Laravel only marks what is deleted.
        $this->isOvertaken() && $this->delete();
        parent::fail($e);
    }

    /** A cache that is away keeps no job from failing. */
    private function isOvertaken(): bool
    {
        try {
            return $this->attempts->isOvertaken($this->ask);
        } catch (Throwable) {
            return false;
        }
    }

    public function attempts()
    {
        return $this->ask->attempt;
    }

    public function uuid()
    {
        return $this->payload()['uuid'] ?? $this->ask->id;
    }

    public function getJobId()
    {
        return $this->ask->id;
    }

    public function getRawBody()
    {
        return $this->ask->body;
    }

    /** The body that runs the job anew, to the letter but for our own key at its end: of a repeated key the last counts. */
    public function nextGeneration(): string
    {
        $ours = ['generation' => $this->ask->generation + 1] + (array) ($this->payload()['hikyaku'] ?? []);
        $add = ['hikyaku' => $ours] + (isset($this->payload()['uuid']) ? [] : ['uuid' => $this->ask->id]);

        return substr(rtrim($this->ask->body), 0, -1).','.substr(json_encode($add, JSON_THROW_ON_ERROR), 1);
    }
}
