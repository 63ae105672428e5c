<?php

namespace App\Queue;

use App\Record;
use Illuminate\Contracts\Queue\Job;
use RuntimeException;

/** A string job: no object, no serialize(). */
final class WritesNote
{
    public function handle(Job $job, array $data): void
    {
        if (isset($data['fails'])) {
            throw new RuntimeException($data['fails']);
        }
        Record::write(['job' => self::class, 'id' => $job->uuid(), 'payload' => $data]);
        $job->delete();
    }
}
