<?php

return [

    // The key that the courier signs with (HIKYAKU_PHP_KEY there). While it is being changed: several, separated by commas.
    'key' => env('HIKYAKU_KEY'),

    // Where jobs are taken. The courier's HIKYAKU_PHP_URL ends in it.
    'path' => env('HIKYAKU_PATH', 'hikyaku/jobs'),

    // The cache store that remembers what became of an attempt. All instances of the application have to share it: redis,
    // memcached, database, dynamodb; never array, file or null. Empty: the default store.
    'cache' => env('HIKYAKU_CACHE'),

    // For how many seconds it remembers. A job that PHP finished and whose courier was killed is known for so long.
    'remember' => (int) env('HIKYAKU_REMEMBER', 86400),

    // Whether a failed job is written to the application's own failed_jobs, as queue:work does.
    'log_failed' => (bool) env('HIKYAKU_LOG_FAILED', true),

    // A task that has given no sign of life for so many seconds (and ten) is over, and its attempt counts.
    'task_lease' => (int) env('HIKYAKU_TASK_LEASE', 60),

];
