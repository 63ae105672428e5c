<?php

// A Laravel application whose framework is Debian's package php-laravel-framework, and whose AWS clients are ours.

error_reporting(E_ALL & ~E_DEPRECATED); // Laravel 8 on PHP 8.2 speaks of little else
require_once '/usr/share/php/Illuminate/autoload.php';

spl_autoload_register(function (string $class): void {
    foreach (['App\\' => '/../app/', 'Aws\\' => '/../aws/', 'Hikyaku\\Laravel\\' => '/../../../../packages/laravel/src/'] as $namespace => $folder) {
        if (str_starts_with($class, $namespace)) {
            $file = __DIR__.$folder.str_replace('\\', '/', substr($class, strlen($namespace))).'.php';
            if (is_file($file)) {
                require_once $file;
            }
        }
    }
});

$app = new Illuminate\Foundation\Application(dirname(__DIR__));
// What Laravel caches and logs belongs to the run, not into the repository.
$app->useStoragePath(getenv('APP_STORAGE') ?: sys_get_temp_dir());

$app->singleton(Illuminate\Contracts\Console\Kernel::class, App\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, App\Exceptions\Handler::class);
$app->singleton(Illuminate\Contracts\Http\Kernel::class, App\Http\Kernel::class);

Illuminate\Database\Connection::resolverFor('sqlite', fn (...$of) => new App\SqliteConnection(...$of));

return $app;
