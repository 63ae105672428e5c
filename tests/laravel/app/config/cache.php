<?php

return [
    'default' => env('CACHE_DRIVER', 'dynamodb'),
    'prefix' => 'laravel_cache',
    'stores' => [
        'dynamodb' => [
            'driver' => 'dynamodb',
            'region' => env('AWS_REGION'),
            'endpoint' => env('AWS_ENDPOINT_URL_DYNAMODB'),
            'table' => 'cache',
        ],
        'file' => ['driver' => 'file', 'path' => storage_path('framework/cache')],
    ],
];
