<?php

return [
    'default' => 'sqs',
    'connections' => [
        'sqs' => [
            'driver' => 'sqs',
            'region' => env('AWS_REGION'),
            'endpoint' => env('AWS_ENDPOINT_URL_SQS'),
            'key' => env('AWS_ACCESS_KEY_ID'),
            'secret' => env('AWS_SECRET_ACCESS_KEY'),
            'prefix' => env('SQS_PREFIX'),
            'queue' => env('SQS_QUEUE', 'rust'),
        ],
        // The same account by another name, with another queue for jobs that name none.
        'other' => [
            'driver' => 'sqs',
            'region' => env('AWS_REGION'),
            'endpoint' => env('AWS_ENDPOINT_URL_SQS'),
            'key' => env('AWS_ACCESS_KEY_ID'),
            'secret' => env('AWS_SECRET_ACCESS_KEY'),
            'prefix' => env('SQS_PREFIX'),
            'queue' => 'kept',
        ],
    ],
    'batching' => ['driver' => env('BATCH_DRIVER', 'database'), 'database' => 'sqlite', 'table' => 'job_batches'],
    'failed' => [
        'driver' => env('FAILED_DRIVER', 'dynamodb'),
        'database' => 'sqlite',
        'region' => env('AWS_REGION'),
        'endpoint' => env('AWS_ENDPOINT_URL_DYNAMODB'),
        'table' => env('QUEUE_FAILED_TABLE', 'failed_jobs'),
    ],
];
