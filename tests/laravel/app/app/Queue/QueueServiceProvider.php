<?php

namespace App\Queue;

use App\Record;
use Aws\DynamoDb\DynamoDbClient;
use Illuminate\Bus\BatchFactory;
use Illuminate\Bus\BatchRepository;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\ServiceProvider;

/** What this application adds to Laravel's queue. */
final class QueueServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        Event::listen(\App\Events\RowsImported::class, \App\Listeners\CountsRows::class);
        Event::listen(\App\Events\RowsTallied::class, \App\Listeners\TalliesRows::class);
        if (getenv('RECORD_EVENTS')) {
            foreach (['JobProcessing', 'JobProcessed', 'JobExceptionOccurred', 'JobFailed'] as $name) {
                Event::listen('Illuminate\\Queue\\Events\\'.$name, fn ($event) => Record::write([
                    'event' => $name, 'job' => $event->job->resolveName(), 'attempt' => $event->job->attempts(), 'tries' => $event->job->maxTries(),
                    'failed' => $event->job->hasFailed(), 'deleted' => $event->job->isDeleted(), 'connection' => $event->connectionName,
                ]));
            }
        }
        if (config('queue.batching.driver') === 'dynamodb') {
            $this->app->make(\Illuminate\Contracts\Bus\Dispatcher::class); // loads Laravel's own binding, which this replaces
            $this->app->singleton(BatchRepository::class, fn ($app) => new DynamoDbBatches(
                $app->make(BatchFactory::class),
                new DynamoDbClient(['endpoint' => env('AWS_ENDPOINT_URL_DYNAMODB')]),
                config('app.name'),
            ));
        }
    }
}
