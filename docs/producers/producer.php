<?php
// composer require async-aws/sqs; QUEUE_URL=https://sqs.… php producer.php
require 'vendor/autoload.php';

$queueUrl = getenv('QUEUE_URL');
$bytes = random_bytes(16);
$bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40); // version 4
$bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
$uuid = vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4)); // sent twice, a job with the same uuid is one job
$data = ['url' => 's3://imports/customers.csv', 'table' => 'customers'];
$order = str_ends_with($queueUrl, '.fifo')
    ? ['MessageGroupId' => 'customers', 'MessageDeduplicationId' => $uuid]
    : ['DelaySeconds' => 5];
$body = json_encode(['uuid' => $uuid, 'job' => 'App\Jobs\ImportCsv', 'data' => $data]);
$client = new AsyncAws\Sqs\SqsClient(array_filter(['region' => getenv('AWS_REGION'), 'endpoint' => getenv('AWS_ENDPOINT_URL_SQS')]));
$client->sendMessage(['QueueUrl' => $queueUrl, 'MessageBody' => $body] + $order)->getMessageId(); // asks for the answer, so that an error is seen
