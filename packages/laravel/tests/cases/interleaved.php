<?php

/** Many requests for one job, in every order in which they may reach the cache. */

use Hikyaku\Laravel\Ask;
use Hikyaku\Laravel\Attempts;
use Hikyaku\Laravel\Clock;
use Illuminate\Cache\Repository;

/** A job, and couriers that ask for it, are killed, and ask again. */
final class World
{
    private const LEFT = 30;

    private const VERDICTS = ['threw', 'released', 'failed', 'done'];

    private Attempts $attempts;

    /** @var list<array{fiber: Fiber, attempt: int, began: int, at: int, ended: ?string}> */
    private array $processes = [];

    /** How often each attempt has begun. */
    private array $begun = [];

    /** The step in which each attempt began. */
    private array $since = [];

    /** Attempts that run, by their number: until when nothing else may begin, and since which step that is known. */
    private array $running = [];

    /** What each attempt was told to have come to. */
    private array $told = [];

    private ?string $end = null;

    private int $attempt = 1;

    private int $asked = 0;

    private int $step = 0;

    public function __construct(int $seed)
    {
        mt_srand($seed);
        Clock::passes(0);
        $this->attempts = new Attempts(new Repository(new SharedStore(true)), 86400);
    }

    public function play(): void
    {
        for ($this->step = 1; $this->step <= 120; $this->step++) {
            match (mt_rand(0, 19)) {
                0, 1, 2 => $this->ask(mt_rand(max(1, $this->attempt - 1), $this->attempt)),
                3 => Clock::passes(mt_rand(1, 45)),
                4 => $this->goOn(),
                5 => mt_rand(0, 3) === 0 && $this->kill(),
                default => $this->resume(),
            };
        }
        // Whatever has happened, it is known in the end, and the job can go on unless it has ended.
        $this->processes = [];
        Clock::passes(100);
        foreach ([$this->attempt, $this->attempt + 1] as $attempt) {
            $last = $this->attempts->begin($this->said($attempt))['verdict'] ?? 'runs';
            $mayBe = $this->end !== null ? [$this->end] : ['runs', 'threw', 'released', 'done', 'failed'];
            equal(true, in_array($last, $mayBe, true), "whether attempt $attempt may be told `$last` at last, where the end is `$this->end`");
            Clock::passes(100);
        }
        equal(true, in_array($last, ['runs', 'done', 'failed'], true), "whether the next attempt may run or the job has ended: it is told `$last`");
    }

    /** The courier goes on to the next attempt: this one's time is over, it was told what became of it, or it was killed itself. */
    private function goOn(): void
    {
        $isOver = $this->now() >= $this->asked + self::LEFT || isset($this->told[$this->attempt]) || mt_rand(0, 3) === 0;
        if ($this->asked > 0 && $isOver) {
            $this->attempt++;
            $this->ask($this->attempt);
        }
    }

    private function ask(int $attempt): void
    {
        $this->asked = $attempt === $this->attempt ? $this->now() : $this->asked;
        $this->processes[] = ['attempt' => $attempt, 'began' => $this->step, 'at' => $this->now(), 'ended' => $this->end, 'fiber' => new Fiber(function () use ($attempt) {
            $ask = $this->said($attempt);
            $known = $this->attempts->begin($ask);
            Fiber::suspend($known ?? 'runs');
            if ($known === null) {
                for ($work = mt_rand(0, 15); $work > 0; $work--) {
                    Fiber::suspend();
                }
                unset($this->running[$attempt]);

                return $this->attempts->settle($ask, ['verdict' => self::VERDICTS[mt_rand(0, 3)], 'by' => $attempt]);
            }
        })];
    }

    private function resume(): void
    {
        if ($this->processes === []) {
            return;
        }
        $at = mt_rand(0, count($this->processes) - 1);
        $process = $this->processes[$at];
        $said = $process['fiber']->isStarted() ? $process['fiber']->resume() : $process['fiber']->start();
        if ($process['fiber']->isTerminated()) {
            array_splice($this->processes, $at, 1);
            $said = $process['fiber']->getReturn();
            $said === null || $this->isTold($process, $said);
        } elseif ($said === 'runs') {
            $this->begins($process);
        } elseif ($said !== null) {
            $this->isTold($process, $said);
        }
    }

    private function begins(array $process): void
    {
        $attempt = $process['attempt'];
        $this->begun[$attempt] = ($this->begun[$attempt] ?? 0) + 1;
        equal(1, $this->begun[$attempt], "how often attempt $attempt has begun");
        equal(null, $this->told[$attempt] ?? null, "what was told of attempt $attempt before it began");
        equal(null, $process['ended'], "how the job had ended before attempt $attempt was asked for");
        foreach ($this->running as $other => [$until, $since]) {
            $isAlone = $since >= $process['began'] || $this->now() >= $until;
            equal(true, $isAlone, "whether attempt $attempt runs alone, while $other has its time");
        }
        foreach ($this->since as $other => $since) {
            equal(true, $other < $attempt || $since >= $process['began'], "whether attempt $attempt begins before $other");
        }
        $this->since[$attempt] = $this->step;
        $this->running[$attempt] = [$process['at'] + self::LEFT, $this->step];
    }

    /** What a request is answered: the first end that anybody is told of stays. */
    private function isTold(array $process, array $verdict): void
    {
        $is = $verdict['verdict'];
        $process['ended'] === null || equal($process['ended'], $is, 'what is told of a job that had ended');
        if (in_array($is, ['failed', 'done'], true)) {
            $this->end ??= $is;
            equal($this->end, $is, 'how the job ended');
        } elseif ($is !== 'busy') {
            $this->told[$process['attempt']] = $is;
        }
    }

    private function kill(): void
    {
        array_splice($this->processes, mt_rand(0, max(0, count($this->processes) - 1)), 1);
    }

    private function now(): int
    {
        return time() + Clock::$ahead;
    }

    private function said(int $attempt): Ask
    {
        return Ask::kept(http_build_query(['ask' => 'run', 'id' => 'job-1', 'attempt' => $attempt]), '', self::LEFT);
    }
}

return [
    'in whatever order requests reach the cache, each attempt begins once, none beside another in its time, and an end stays' => function () {
        for ($seed = 1; $seed <= 3000; $seed++) {
            try {
                (new World($seed))->play();
            } catch (LogicException $e) {
                throw new LogicException("world $seed: ".$e->getMessage());
            }
        }
    },
];
