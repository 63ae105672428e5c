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

/**
 * Settles what only PHP can settle of a job that ran in Rust: callbacks, failed(), locks and batches. Its data:
 *
 * - id: the same whenever the same thing is told again. event: done, failed or batch.
 * - done, failed: body (the job's message, to the letter), connection, queue; settled (what Rust settled itself, of
 *   unique and batch; none if absent); exception (a text; failed only).
 * - batch: batchId, callbacks (of then, finally, catch, progress, failure); exception (a text; with catch and failure).
 */
final class HikyakuRelay extends CallQueuedHandler
{
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

    private function settle(array $data, ?Exception $e): void
    {
        $ran = new SyncJob($this->container, $data['body'], $data['connection'], $data['queue']);
        $command = $this->setJobInstanceIfNecessary($ran, $this->getCommand($ran->payload()['data']));
        $left = array_diff(['unique', 'batch'], $data['settled'] ?? []);
        if (in_array('unique', $left)) {
            $this->ensureUniqueJobLockIsReleased($command);
        }
        if ($data['event'] === 'done') {
            in_array('batch', $left) && $this->ensureSuccessfulBatchJobIsRecorded($command);
            return;
        }
        in_array('batch', $left) && $this->ensureFailedBatchJobIsRecorded((string) $ran->uuid(), $command, $e);
        $this->ensureChainCatchCallbacksAreInvoked((string) $ran->uuid(), $command, $e);
        method_exists($command, 'failed') && $command->failed($e);
    }

    private function callBack(array $data, ?Exception $e): void
    {
        $batch = $this->container->make(BatchRepository::class)->find($data['batchId']);
        foreach ($data['callbacks'] as $when) {
            foreach ($batch?->options[$when] ?? [] as $callback) {
                rescue(fn () => $callback($batch, $e)); // one that throws is reported, as Laravel does
            }
        }
    }

    /** Laravel calls this when the relay's own job has failed. That settles nothing of the job it speaks of. */
    public function failed(array $data, $e, string $uuid, ?Job $job = null)
    {
    }
}
