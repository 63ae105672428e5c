<?php

namespace App\Jobs;

use App\Record;
use Hikyaku\Laravel\RunsAsTask;
use RuntimeException;

/** Runs as a task, and does what its word says the first time. */
final class Long extends Job implements RunsAsTask
{
    public $timeout = 7200;

    public $tries;

    public function __construct(public string $word, int $tries)
    {
        $this->tries = $tries;
    }

    public function handle(): void
    {
        $this->says('began');
        if ($this->attempts() === 1) {
            match ($this->word) {
                'throws' => throw new RuntimeException('no paper'),
                'is stopped' => sleep(60),
                'dies' => posix_kill(getmypid(), SIGKILL),
                default => usleep(500000),
            };
        }
        $this->says('ended');
    }

    private function says(string $event): void
    {
        Record::write(['job' => self::class, 'event' => $event, 'word' => $this->word, 'attempt' => $this->attempts(), 'task' => getenv('HIKYAKU_TASK')]);
    }
}
