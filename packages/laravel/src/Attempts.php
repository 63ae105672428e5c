<?php

namespace Hikyaku\Laravel;

use Illuminate\Contracts\Cache\Repository;

/**
 * What became of each job, for as long as the courier may still ask: an answer that was lost is given again, and nothing
 * runs because of that.
 *
 * Four kinds of entries, each ['attempt' => int, 'until' => ?int, 'verdict' => ?array]: an attempt that runs has `until`, one that
 * is over has a verdict. What decides is added, never put, so that whoever is late changes nothing.
 *
 * KEY:end          how the job ended. Added, and looked at first.
 * KEY:next:NUMBER  the attempt that began after that one; 0 is before the first. Added: whoever has added it runs the attempt.
 * KEY:NUMBER       what that attempt says of itself, and nobody else does.
 * KEY              what was noted last. Older versions of this package know only this; here the search for the last attempt
 *                  begins with it.
 */
final class Attempts
{
    /** After its time an attempt has so many seconds to come to an end. */
    public const GRACE = 10;

    /** A task that has not begun after so many seconds did not come up: another one is started. */
    private const START_WITHIN = 600;

    /** What ends a job, however often it was tried. */
    private const FINAL = ['done', 'failed', 'unknown'];

    public function __construct(private Repository $cache, private int $remember)
    {
    }

    /** Whether a request comes for the first time. */
    public function isNew(string $nonce): bool
    {
        return $nonce !== '' && $this->cache->add('hikyaku:nonce:'.$nonce, 1, 2 * Ask::WINDOW);
    }

    /** Whether nobody has done this before, in the last hour. */
    public function isFirstOf(string $what): bool
    {
        return $this->cache->add('hikyaku:'.$what, 1, 3600);
    }

    /** Null: the attempt may run, and counts as running from now on. Otherwise the answer. */
    public function begin(Ask $ask): ?array
    {
        $last = $this->last($ask);
        $known = $this->known($ask, $last);
        if ($known !== null) {
            return $known;
        }
        $running = $this->running($ask);
        if ($ask->what === 'failed') {
            // A failure that was not told to its end is told again, once that is over.
            $isOurs = $this->cache->add($ask->key().':failed', 1, $running['until'] - time());

            return $isOurs ? null : $this->busy(5);
        }
        // Of several requests that know as much one goes on.
        if (! $this->cache->add($this->next($ask, $last), $running, $this->remember)) {
            return $this->busy(5);
        }
        $this->cache->put($ask->key(), $running, $this->remember);

        // The cache may have taken longer than the attempt has.
        return time() < $running['until'] ? null : $this->verdict($running);
    }

    /** What is known of an attempt that a task runs; of one that has not begun, which task is to be started. */
    public function awaitTask(Ask $ask): array
    {
        $known = $this->known($ask, $this->last($ask));
        if ($known !== null) {
            return $known['verdict'] === 'busy' ? ['verdict' => 'working'] : $known;
        }
        $reference = $ask->key().':task:'.$ask->attempt;
        $this->cache->add($reference, ['since' => time(), 'said' => $ask->said, 'body' => $ask->body], $this->remember);
        $since = $this->cache->get($reference)['since'] ?? time();

        return ['verdict' => 'start', 'task' => $reference, 'number' => 1 + intdiv(time() - $since, self::START_WITHIN)];
    }

    /** The attempt that a task was started for. */
    public function ofTask(string $reference, int $lease): ?Ask
    {
        $kept = $this->cache->get($reference);

        return $kept === null ? null : Ask::kept($kept['said'], $kept['body'], $lease);
    }

    /** The attempt goes on. False: it was overtaken. */
    public function keep(Ask $ask): bool
    {
        if ($this->isOvertaken($ask)) {
            return false;
        }
        foreach ([$this->own($ask), $ask->key()] as $key) {
            $this->cache->put($key, $this->running($ask), $this->remember);
        }

        return true;
    }

    /**
     * The attempt is over. Answers with what counts: what is done is done, but an attempt that was overtaken fails for itself
     * alone.
     */
    public function settle(Ask $ask, array $verdict): array
    {
        if ($verdict['verdict'] !== 'done' && $this->isFinal($verdict) && $this->isOvertaken($ask)) {
            $verdict['verdict'] = 'threw';
        }
        $over = ['attempt' => $ask->attempt, 'until' => null, 'verdict' => $verdict];
        if (! $this->isFinal($verdict)) {
            $this->cache->put($this->own($ask), $over, $this->remember);
        } elseif (! $this->cache->add($ask->key().':end', $over, $this->remember)) {
            return $this->end($ask) ?? $verdict;
        }
        $this->cache->put($ask->key(), $over, $this->remember);

        return $this->isFinal($verdict) ? $verdict : $this->end($ask) ?? $verdict;
    }

    /** Whether the job has ended, or the courier has gone on to a later attempt, because this one took too long. */
    public function isOvertaken(Ask $ask): bool
    {
        // A failure that was decided elsewhere is that of the job: its attempt says nothing.
        return $this->end($ask) !== null || ($ask->what === 'run' && ($this->last($ask)['attempt'] ?? 0) > $ask->attempt);
    }

    /** What was asked last, for hikyaku:check. */
    public function note(string $what, array $about): void
    {
        $this->cache->put('hikyaku:last:'.$what, $about + ['at' => time()], 7 * 86400);
    }

    public function noted(string $what): ?array
    {
        return $this->cache->get('hikyaku:last:'.$what);
    }

    private function own(Ask $ask): string
    {
        return $ask->key().':'.$ask->attempt;
    }

    private function running(Ask $ask): array
    {
        return ['attempt' => $ask->attempt, 'until' => time() + (int) ceil($ask->seconds) + self::GRACE, 'verdict' => null];
    }

    private function known(Ask $ask, ?array $last): ?array
    {
        $end = $this->end($ask);
        if ($end !== null || $last === null) {
            return $end;
        }
        $verdict = $this->verdict($last);
        // A request for an earlier attempt was held up on its way, and its attempt is over.
        $isOver = $ask->what === 'run' && $ask->attempt <= $last['attempt'];

        return $isOver || $verdict['verdict'] === 'busy' || $this->isFinal($verdict) ? $verdict : null;
    }

    /** The last attempt that has begun, by its own word if there is one. */
    private function last(Ask $ask): ?array
    {
        $last = $this->cache->get($ask->key());
        while (($next = $this->cache->get($this->next($ask, $last))) !== null) {
            $last = $next;
        }

        return isset($last['until']) ? $this->cache->get($ask->key().':'.$last['attempt']) ?? $last : $last;
    }

    private function next(Ask $ask, ?array $last): string
    {
        return $ask->key().':next:'.($last['attempt'] ?? 0);
    }

    private function end(Ask $ask): ?array
    {
        return $this->cache->get($ask->key().':end')['verdict'] ?? null;
    }

    /** What an attempt has come to. */
    private function verdict(array $seen): array
    {
        if ($seen['verdict'] !== null) {
            return $seen['verdict'];
        }
        $left = $seen['until'] - time();

        return $left > 0
            ? $this->busy($left + 1)
            : ['verdict' => 'threw', 'error' => 'PHP came to its end while it ran the job (killed, out of memory or out of time)'];
    }

    private function busy(int $seconds): array
    {
        return ['verdict' => 'busy', 'delay' => $seconds];
    }

    private function isFinal(array $verdict): bool
    {
        return in_array($verdict['verdict'], self::FINAL, true);
    }
}
