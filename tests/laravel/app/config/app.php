<?php

return [
    'name' => 'Laravel',
    'env' => 'testing',
    'debug' => true,
    'timezone' => 'UTC',
    'url' => env('APP_URL', 'http://localhost'),
    'key' => env('APP_KEY'),
    'cipher' => 'AES-256-CBC',
    'providers' => [
        Illuminate\Bus\BusServiceProvider::class,
        Illuminate\Cache\CacheServiceProvider::class,
        Illuminate\Database\DatabaseServiceProvider::class,
        Illuminate\Encryption\EncryptionServiceProvider::class,
        Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\Mail\MailServiceProvider::class,
        Illuminate\Notifications\NotificationServiceProvider::class,
        Illuminate\Queue\QueueServiceProvider::class,
        Illuminate\View\ViewServiceProvider::class,
        App\Console\QueueCommandsServiceProvider::class,
        App\Queue\QueueServiceProvider::class,
        Hikyaku\Laravel\HikyakuServiceProvider::class,
    ],
    'aliases' => [],
];
