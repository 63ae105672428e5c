<?php

namespace App\Queue;

use Aws\DynamoDb\DynamoDbClient;
use Carbon\CarbonImmutable;
use Closure;
use Illuminate\Bus\Batch;
use Illuminate\Bus\BatchFactory;
use Illuminate\Bus\BatchRepository;
use Illuminate\Bus\PendingBatch;
use Illuminate\Support\Str;
use LogicException;

/**
 * Batches in the rows of the `dynamodb` driver that Laravel has since 10.36, for a Laravel that is older.
 *
 * Ours, not Laravel's: it makes and reads rows. Counting is what the tests leave to Rust, so it refuses to count.
 */
final class DynamoDbBatches implements BatchRepository
{
    private const TABLE = 'job_batches';

    public function __construct(private BatchFactory $factory, private DynamoDbClient $dynamo, private string $application)
    {
    }

    public function find(string $batchId): ?Batch
    {
        $item = $this->dynamo->getItem(['TableName' => self::TABLE, 'Key' => $this->key($batchId)])['Item'];
        if ($item === null) {
            return null;
        }
        $number = fn (string $name) => (int) ($item[$name]['N'] ?? 0);
        $moment = fn (string $name) => isset($item[$name]['N']) ? CarbonImmutable::createFromTimestamp($item[$name]['N']) : null;

        return $this->factory->make(
            $this, $batchId, $item['name']['S'] ?? '', $number('total_jobs'), $number('pending_jobs'), $number('failed_jobs'),
            array_column($item['failed_job_ids']['L'] ?? [], 'S'), unserialize($item['options']['S']),
            $moment('created_at'), $moment('cancelled_at'), $moment('finished_at'),
        );
    }

    public function store(PendingBatch $batch): Batch
    {
        $id = (string) Str::orderedUuid();
        $this->dynamo->putItem(['TableName' => self::TABLE, 'Item' => $this->key($id) + [
            'name' => ['S' => $batch->name],
            'total_jobs' => ['N' => '0'],
            'pending_jobs' => ['N' => '0'],
            'failed_jobs' => ['N' => '0'],
            'failed_job_ids' => ['L' => []],
            'options' => ['S' => serialize($batch->options)],
            'created_at' => ['N' => (string) time()],
            'cancelled_at' => ['NULL' => true],
            'finished_at' => ['NULL' => true],
        ]]);

        return $this->find($id);
    }

    public function incrementTotalJobs(string $batchId, int $amount): void
    {
        $this->dynamo->updateItem([
            'TableName' => self::TABLE,
            'Key' => $this->key($batchId),
            'UpdateExpression' => 'SET total_jobs = total_jobs + :n, pending_jobs = pending_jobs + :n',
            'ExpressionAttributeValues' => [':n' => ['N' => (string) $amount]],
        ]);
    }

    public function transaction(Closure $callback): mixed
    {
        return $callback();
    }

    public function get($limit, $before): array
    {
        throw $this->notOurs();
    }

    public function decrementPendingJobs(string $batchId, string $jobId): never
    {
        throw $this->notOurs();
    }

    public function incrementFailedJobs(string $batchId, string $jobId): never
    {
        throw $this->notOurs();
    }

    public function markAsFinished(string $batchId): never
    {
        throw $this->notOurs();
    }

    public function cancel(string $batchId): never
    {
        throw $this->notOurs();
    }

    public function delete(string $batchId): never
    {
        throw $this->notOurs();
    }

    private function key(string $batchId): array
    {
        return ['application' => ['S' => $this->application], 'id' => ['S' => $batchId]];
    }

    private function notOurs(): LogicException
    {
        return new LogicException('the jobs of these batches are counted in Rust');
    }
}
