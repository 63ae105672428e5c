<?php

namespace Hikyaku\Laravel\Console;

use Hikyaku\Laravel\Ask;
use Hikyaku\Laravel\Attempts;
use Hikyaku\Laravel\Runner;
use Illuminate\Console\Command;
use Symfony\Component\Process\Process;
use Throwable;

/**
 * One attempt of one job, in a task of its own. The job runs in a process beside this one, which says all the while that it
 * goes on, stops it when its time is over, and writes down what became of it, whatever that process dies of.
 */
final class WorkOnceCommand extends Command
{
    private const SETTLE_TIMES = 20;

    private const SETTLE_EVERY_MS = 3000;

    protected $signature = 'hikyaku:work-once
        {task? : what the courier started the task for (default: HIKYAKU_TASK)}
        {--verdict= : run the job here, and write into this file what became of it}';

    protected $description = 'Run the one job that the hikyaku courier has started this task for';

    public function handle(Attempts $attempts, Runner $runner): int
    {
        $task = (string) ($this->argument('task') ?: getenv('HIKYAKU_TASK'));
        $lease = max(1, (int) config('hikyaku.task_lease'));
        $ask = $attempts->ofTask($task, $lease);
        if ($ask === null) {
            $this->error("No job waits for the task `$task`: the cache store of the courier's request (HIKYAKU_CACHE) has to be this one, too.");

            return 1;
        }
        if ($this->option('verdict')) {
            file_put_contents($this->option('verdict'), json_encode($runner->run($ask), JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE));

            return 0;
        }
        $known = $attempts->begin($ask);
        if ($known !== null) {
            $this->line("Attempt {$ask->attempt} of job {$ask->id} is not begun here: {$known['verdict']}.");

            return 0;
        }
        $verdict = $this->watch($attempts, $ask, $task, $lease);
        $this->line("Attempt {$ask->attempt} of job {$ask->id}: ".($verdict['verdict'] ?? 'lost to another task').'.');
        // Hours of work are not to be done again because the cache is away for a moment.
        $verdict === null || retry(self::SETTLE_TIMES, fn () => $attempts->settle($ask, $verdict), self::SETTLE_EVERY_MS);

        return 0;
    }

    /** What became of the job; null: the attempt is another's by now. */
    private function watch(Attempts $attempts, Ask $ask, string $task, int $lease): ?array
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'hikyaku');
        $job = new Process([PHP_BINARY, $_SERVER['argv'][0], 'hikyaku:work-once', $task, "--verdict=$file"], null, null, null, null);
        try {
            $job->start(fn ($type, $text) => $this->output->write($text));
            $stopped = $this->attend($job, $attempts, $ask, $lease);
            $said = json_decode((string) file_get_contents($file), true);
        } finally {
            unlink($file);
        }

        return match ($stopped) {
            null => $said ?? $this->threw('PHP came to its end while it ran the job ('.$this->end($job).')'),
            'lost' => null,
            default => $this->threw($stopped),
        };
    }

    /** Waits for the process's end. Says why it was stopped, if it was. */
    private function attend(Process $job, Attempts $attempts, Ask $ask, int $lease): ?string
    {
        $limit = (int) (json_decode($ask->body, true)['timeout'] ?? 0);
        $ends = $limit > 0 ? microtime(true) + $limit : INF;
        for ($beat = microtime(true); $job->isRunning(); usleep(100000)) {
            $now = microtime(true);
            $isDue = $now >= $beat + $lease / 3;
            $beat = $isDue ? $now : $beat;
            $why = $now >= $ends ? "the job ran out of its time of $limit s" : ($isDue && ! $this->goesOn($attempts, $ask) ? 'lost' : null);
            if ($why !== null) {
                $job->stop(0);

                return $why;
            }
        }

        return null;
    }

    /** A cache that does not answer is no reason to stop the job: without it nobody begins another attempt either. */
    private function goesOn(Attempts $attempts, Ask $ask): bool
    {
        try {
            return $attempts->keep($ask);
        } catch (Throwable $e) {
            report($e);

            return true;
        }
    }

    private function threw(string $error): array
    {
        return ['verdict' => 'threw', 'error' => $error];
    }

    private function end(Process $job): string
    {
        return $job->hasBeenSignaled() ? 'killed by signal '.$job->getTermSignal() : 'exit code '.$job->getExitCode();
    }
}
