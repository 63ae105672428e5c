<?php

namespace Hikyaku\Laravel;

use Closure;
use WeakReference;

/**
 * What holds in PHP's process while an attempt runs in it, and no longer: under Octane, FrankenPHP and RoadRunner the same process
 * serves other requests afterwards.
 */
final class Enclosure
{
    /** What is to be done if PHP comes to its end now. */
    private static ?Closure $brokeOff = null;

    /** What PHP calls at its end. A server that forgets such functions after a request gets it again. */
    private static ?WeakReference $atEnd = null;

    /**
     * Runs an attempt, which may compute for so many seconds. What it prints is thrown away. `$brokeOff` gets the reason if PHP comes
     * to its end meanwhile.
     */
    public static function run(int $seconds, Closure $attempt, Closure $brokeOff): mixed
    {
        self::register();
        $outer = self::$brokeOff;
        $limit = (int) ini_get('max_execution_time');
        $buffers = ob_get_level();
        self::$brokeOff = $brokeOff;
        ob_start();
        // PHP counts only its own computing here, so this stops what computes for ever; what waits, the courier gives up.
        set_time_limit($seconds);
        $goesOn = ignore_user_abort(true);
        try {
            return $attempt();
        } finally {
            self::$brokeOff = $outer;
            set_time_limit($limit);
            ignore_user_abort((bool) $goesOn);
            // A buffer may refuse to be closed.
            while (ob_get_level() > $buffers && @ob_end_clean()) {
            }
        }
    }

    private static function register(): void
    {
        if (self::$atEnd?->get() === null) {
            $atEnd = static function () {
                self::$brokeOff && (self::$brokeOff)('PHP broke off: '.self::why());
            };
            self::$atEnd = WeakReference::create($atEnd);
            register_shutdown_function($atEnd);
        }
    }

    /** A warning may be the last error, too, and an old one. */
    private static function why(): string
    {
        $error = error_get_last();
        $isFatal = $error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR)) !== 0;

        return $isFatal ? mb_substr(mb_scrub($error['message']), 0, 2000) : 'exit() was called';
    }
}
