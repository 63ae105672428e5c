<?php

namespace Hikyaku\Laravel;

use Illuminate\Contracts\Cache\Repository;

/**
 * What became of each job, for as long as the courier may still ask: an answer that was lost is given again, and nothing
 * runs because of that.
 *
 * An entry is ['attempt' => int, 'until' => ?int, 'verdict' => ?array]: an attempt that runs has `until`, one that is over
 * has a verdict.
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
        $seen = $this->cache->get($ask->key());
        $known = $this->known($seen, $ask);
        if ($known !== null) {
            return $known;
        }
        $running = $this->running($ask);
        // Of several requests that have read the same entry one goes on.
        $isOurs = $seen === null
            ? $this->cache->add($ask->key(), $running, $this->remember)
            : $this->cache->add($ask->key().':after:'.$seen['attempt'], 1, self::GRACE);
        if ($isOurs && $seen !== null) {
            $this->cache->put($ask->key(), $running, $this->remember);
        }

        return $isOurs ? null : ['verdict' => 'busy', 'delay' => 5];
    }

    /** What is known of an attempt that a task runs; of one that has not begun, which task is to be started. */
    public function awaitTask(Ask $ask): array
    {
        $known = $this->known($this->cache->get($ask->key()), $ask);
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

    /** The attempt goes on. False: it is another's by now. */
    public function keep(Ask $ask): bool
    {
        $seen = $this->cache->get($ask->key());
        if ($seen === null || $seen['attempt'] !== $ask->attempt || $seen['verdict'] !== null) {
            return false;
        }
        $this->cache->put($ask->key(), $this->running($ask), $this->remember);

        return true;
    }

    /** The attempt is over. */
    public function settle(Ask $ask, array $verdict): array
    {
        $this->cache->put($ask->key(), ['attempt' => $ask->attempt, 'until' => null, 'verdict' => $verdict], $this->remember);

        return $verdict;
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

    private function running(Ask $ask): array
    {
        return ['attempt' => $ask->attempt, 'until' => time() + (int) ceil($ask->seconds) + self::GRACE, 'verdict' => null];
    }

    private function known(?array $seen, Ask $ask): ?array
    {
        if ($seen === null) {
            return null;
        }
        // A request for an earlier attempt was held up on its way, and its attempt is over.
        $isOver = $ask->what === 'run' && $ask->attempt <= $seen['attempt'];
        if ($seen['verdict'] === null) {
            if ($seen['until'] > time()) {
                return ['verdict' => 'busy', 'delay' => $seen['until'] - time() + 1];
            }
            $lost = ['verdict' => 'threw', 'error' => 'PHP came to its end while it ran the job (killed, out of memory or out of time)'];

            return $isOver ? $lost : null;
        }
        $isFinal = in_array($seen['verdict']['verdict'], self::FINAL, true);

        return $isFinal || $isOver ? $seen['verdict'] : null;
    }
}
