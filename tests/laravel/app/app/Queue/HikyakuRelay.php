<?php

namespace App\Queue;

use Exception;
use Illuminate\Bus\BatchRepository;
use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Contracts\Cache\Repository as Cache;
use Illuminate\Contracts\Container\Container;
use Illuminate\Contracts\Queue\Job;
use Illuminate\Queue\CallQueuedHandler;
use Illuminate\Queue\Jobs\SyncJob;
use Throwable;

/** Settles what only PHP can settle of a job that ran in Rust: callbacks, failed(), locks and batches. */
final class HikyakuRelay extends CallQueuedHandler
{
    private array $settled = [];

    public function __construct(Dispatcher $dispatcher, Container $container, private Cache $cache)
    {
        parent::__construct($dispatcher, $container);
    }

    public function handle(Job $job, array $data): void
    {
        if ($this->cache->add($seen = 'hikyaku-relay:'.$data['id'], 1, 86400)) { // else it came twice
            try {
                $e = isset($data['exception']) ? new Exception($data['exception']) : null;
                $data['event'] === 'batch' ? $this->callBack($data, $e) : $this->settle($data, $e);
            } catch (Throwable $thrown) {
                $this->cache->forget($seen); // or trying again would do nothing
                throw $thrown;
            }
        }
        $job->delete();
    }

    private function settle(array $data, ?Throwable $e): void
    {
        $this->settled = $data['settled'] ?? [];
        $ran = new SyncJob($this->container, $data['body'], $data['connection'], $data['queue']);
        $command = $this->setJobInstanceIfNecessary($ran, $this->getCommand($ran->payload()['data']));
        $this->ensureUniqueJobLockIsReleased($command);
        $this->settled[] = 'unique';
        if ($data['event'] === 'failed') {
            parent::failed($ran->payload()['data'], $e, (string) $ran->uuid());
        } else {
            $this->ensureSuccessfulBatchJobIsRecorded($command);
        }
    }

    private function callBack(array $data, ?Throwable $e): void
    {
        $batch = $this->container->make(BatchRepository::class)->find($data['batchId']);
        foreach ($data['callbacks'] as $when) {
            foreach ($batch?->options[$when] ?? [] as $callback) {
                rescue(fn () => $callback($batch, $e)); // as Laravel does: one that throws is reported
            }
        }
    }

    protected function ensureUniqueJobLockIsReleased($command)
    {
        in_array('unique', $this->settled) || parent::ensureUniqueJobLockIsReleased($command);
    }

    protected function ensureSuccessfulBatchJobIsRecorded($command)
    {
        in_array('batch', $this->settled) || parent::ensureSuccessfulBatchJobIsRecorded($command);
    }

    protected function ensureFailedBatchJobIsRecorded(string $uuid, $command, $e)
    {
        in_array('batch', $this->settled) || parent::ensureFailedBatchJobIsRecorded($uuid, $command, $e);
    }

    /** Laravel calls this when the relay's own job has failed: the job it speaks of is not to be settled by that. */
    public function failed(array $data, $e, string $uuid, ?Job $job = null)
    {
    }
}
