<?php

// The package asks this for the time, in tests: an unqualified function is looked for in the namespace first.

namespace Hikyaku\Laravel;

use Illuminate\Support\Carbon;

final class Clock
{
    public static int $ahead = 0;

    /** So many seconds go by, for the cache store, too. */
    public static function passes(int $seconds): void
    {
        self::$ahead = $seconds === 0 ? 0 : self::$ahead + $seconds;
        Carbon::setTestNow($seconds === 0 ? null : Carbon::createFromTimestamp(time()));
    }
}

function time(): int
{
    return \time() + Clock::$ahead;
}
