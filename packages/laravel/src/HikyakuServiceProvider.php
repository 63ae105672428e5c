<?php

namespace Hikyaku\Laravel;

use Hikyaku\Laravel\Console\CheckCommand;
use Hikyaku\Laravel\Console\InstallCommand;
use Hikyaku\Laravel\Console\WorkOnceCommand;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Queue\Events\JobExceptionOccurred;
use Illuminate\Queue\Events\JobFailed;
use Illuminate\Support\ServiceProvider;

/** The route that takes jobs, and what queue:work does besides running them. */
final class HikyakuServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->mergeConfigFrom(__DIR__.'/../config/hikyaku.php', 'hikyaku');
        $this->app->bind(Keys::class, fn ($app) => Keys::parse($app['config']['hikyaku.key']));
        $this->app->bind(Attempts::class, fn ($app) => new Attempts(
            $app['cache']->store($app['config']['hikyaku.cache'] ?: null),
            $app['config']['hikyaku.remember'],
        ));
    }

    public function boot(Dispatcher $events): void
    {
        $this->loadRoutesFrom(__DIR__.'/../routes/hikyaku.php');
        $events->listen(JobExceptionOccurred::class, function (JobExceptionOccurred $event) {
            if ($event->job instanceof CarriedJob) {
                $event->job->threw($event->exception);
            }
        });
        $events->listen(JobFailed::class, LogFailedJob::class);
        if ($this->app->runningInConsole()) {
            $this->commands([InstallCommand::class, CheckCommand::class, WorkOnceCommand::class]);
            $this->publishes([__DIR__.'/../config/hikyaku.php' => $this->app->configPath('hikyaku.php')], 'hikyaku-config');
        }
    }
}
