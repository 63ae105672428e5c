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

    /** Null: the attempt may run, and counts as running from now on. Otherwise the answer. */
    public function begin(Ask $ask): ?array
    {
        $seen = $this->cache->get($ask->key());
        $known = $this->known($seen, $ask);
        if ($known !== null) {
            return $known;
        }
        $running = ['attempt' => $ask->attempt, 'until' => time() + (int) ceil($ask->seconds) + self::GRACE, 'verdict' => null];
        // Of several requests that have read the same entry one goes on.
        $isOurs = $seen === null
            ? $this->cache->add($ask->key(), $running, $this->remember)
            : $this->cache->add($ask->key().':after:'.$seen['attempt'], 1, self::GRACE);
        if ($isOurs && $seen !== null) {
            $this->cache->put($ask->key(), $running, $this->remember);
        }

        return $isOurs ? null : ['verdict' => 'busy', 'delay' => 5];
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
