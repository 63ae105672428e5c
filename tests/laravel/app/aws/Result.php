<?php

namespace Aws;

use ArrayAccess;

/** An answer of AWS's; what it does not hold is null. */
final class Result implements ArrayAccess
{
    public function __construct(private array $answer)
    {
    }

    public function get(string $key): mixed
    {
        return $this->answer[$key] ?? null;
    }

    public function offsetExists(mixed $key): bool
    {
        return isset($this->answer[$key]);
    }

    public function &offsetGet(mixed $key): mixed
    {
        $value = &$this->answer[$key];

        return $value;
    }

    public function offsetSet(mixed $key, mixed $value): void
    {
        $this->answer[$key] = $value;
    }

    public function offsetUnset(mixed $key): void
    {
        unset($this->answer[$key]);
    }
}
