<?php

namespace Aws\Sqs;

use Aws\JsonClient;
use Aws\Result;
use Illuminate\Support\Str;

/** SQS, as far as Laravel's `SqsQueue` and `SqsJob` call it. */
final class SqsClient extends JsonClient
{
    protected const TARGET = 'AmazonSQS';

    /**
     * Laravel sends a FIFO queue its group since 12.27. Before, an application had to add it in a client such as this:
     * the group that a later Laravel takes for string jobs, and no deduplication but by the body's id.
     */
    public function sendMessage(array $input): Result
    {
        if (Str::endsWith($input['QueueUrl'], '.fifo')) {
            $input += ['MessageGroupId' => basename($input['QueueUrl']), 'MessageDeduplicationId' => (string) Str::orderedUuid()];
        }

        return $this->call('SendMessage', $input);
    }
}
