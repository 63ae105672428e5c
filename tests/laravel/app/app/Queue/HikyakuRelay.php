<?php

namespace App\Queue;

use Exception;
use Illuminate\Bus\BatchRepository;
use Illuminate\Contracts\Cache\Repository as Cache;
use Illuminate\Contracts\Queue\Job;
use Illuminate\Queue\CallQueuedHandler;
use Illuminate\Queue\Jobs\SyncJob;
use Throwable;

/**
 * Does what a job that ran in Rust leaves to PHP: callbacks, failed(), and what Rust does not reach.
 *
 * The default cache store remembers what is done, so it has to be one that all workers share.
 */
final class HikyakuRelay extends CallQueuedHandler
{
    /** Seconds that one thing may take at most. When PHP was killed in the middle of it, it is done again after them. */
    private const LONGEST = 300;

    /** Seconds for which a second message is known: a day longer than SQS can keep one. */
    private const KNOWN = 15 * 86400;

    public function handle(Job $job, array $data): void
    {
        $e = isset($data['exception']) ? new Exception($data['exception']) : null;
        $todo = $data['event'] === 'batch' ? $this->callbacks($data, $e) : $this->tasks($data, $e);
        foreach ($todo as $id => $do) {
            if (! $this->once('hikyaku:'.$id, $do)) {
                $job->release(self::LONGEST);

                return;
            }
        }
        $job->delete();
    }

    /** What Laravel's worker would have done of a job that begins, is done or has failed, as far as it is left to PHP. */
    private function tasks(array $data, ?Throwable $e): iterable
    {
        $ran = new SyncJob($this->container, $data['body'], $data['connection'], $data['queue']);
        $command = $this->setJobInstanceIfNecessary($ran, $this->getCommand($ran->payload()['data']));
        $all = [
            'unique' => fn () => $this->ensureUniqueJobLockIsReleased($command),
            'batch' => fn () => $e
                ? $this->ensureFailedBatchJobIsRecorded($ran->uuid(), $command, $e)
                : $this->ensureSuccessfulBatchJobIsRecorded($command),
            'chain' => fn () => $e
                ? $this->ensureChainCatchCallbacksAreInvoked($ran->uuid(), $command, $e)
                : $this->ensureNextJobInChainIsDispatched($command),
            'failed' => fn () => method_exists($command, 'failed') && $command->failed($e),
        ];
        foreach ($all as $task => $do) {
            if (in_array($task, $data['tasks']) || ($task === 'failed' && $e)) {
                yield $data['id'].':'.$task => $do;
            }
        }
    }

    /** The callbacks of a batch that Rust counts. One that throws is reported, and the next is called. */
    private function callbacks(array $data, ?Throwable $e): iterable
    {
        $batch = $this->container->make(BatchRepository::class)->find($data['batchId']);
        foreach ($data['callbacks'] as ['name' => $name, 'id' => $id]) {
            yield $id => function () use ($batch, $name, $e) {
                foreach ($batch->options[$name] ?? [] as $callback) {
                    rescue(fn () => $callback($batch, $e));
                }
            };
        }
    }

    /** False: somebody else is doing it. */
    private function once(string $id, callable $do): bool
    {
        $cache = $this->container->make(Cache::class);
        if (! $cache->add($id, 'begun', self::LONGEST)) {
            return $cache->get($id) === 'done';
        }
        try {
            $do();
        } catch (Throwable $thrown) {
            $cache->forget($id); // or trying again would do nothing
            throw $thrown;
        }
        $cache->put($id, 'done', self::KNOWN);

        return true;
    }

    /** Laravel calls this when the relay's own job has failed. That says nothing of the job that ran in Rust. */
    public function failed(array $data, $e, string $uuid, ?Job $job = null)
    {
    }
}
