<?php

namespace Hikyaku\Laravel;

use RuntimeException;

/**
 * A request is not the courier's, or was his once. Its code is the HTTP status.
 *
 * Only what a key has signed is told more, and only what is wrong here is noted for hikyaku:check: anyone may send the rest.
 */
final class Refused extends RuntimeException
{
    public const UNSIGNED = 'not signed with a key of this application';

    public function __construct(string $why, int $status, public readonly bool $isNoted = false)
    {
        parent::__construct($why, $status);
    }
}
