<?php

namespace App\Jobs;

use App\Record;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;

/** What `php artisan make:job` gives a class, and a line of the record when it runs in PHP. */
abstract class Job implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    public function handle(): void
    {
        $own = array_diff_key(get_object_vars($this), get_class_vars(self::class));
        Record::write(['job' => static::class, 'id' => $this->job->uuid(), 'payload' => $own]);
    }
}
