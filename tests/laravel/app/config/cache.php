<?php

return [
    'default' => 'dynamodb',
    'prefix' => 'laravel_cache',
    'stores' => [
        'dynamodb' => [
            'driver' => 'dynamodb',
            'region' => env('AWS_REGION'),
            'endpoint' => env('AWS_ENDPOINT_URL_DYNAMODB'),
            'table' => 'cache',
        ],
    ],
];
