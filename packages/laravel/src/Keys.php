<?php

namespace Hikyaku\Laravel;

use SensitiveParameter;

/** The keys that both sides know. One counts as good as another, so that they can be changed without a pause. */
final class Keys
{
    /** A key is at least this long. hikyaku:install makes 64 characters. */
    public const SHORTEST = 32;

    /** @param list<string> $keys */
    private function __construct(private array $keys)
    {
    }

    /** One key, or several separated by commas. None: nothing is believed. */
    public static function parse(#[SensitiveParameter] ?string $text): self
    {
        $keys = array_filter(array_map('trim', explode(',', (string) $text)), fn ($key) => strlen($key) >= self::SHORTEST);

        return new self(array_values($keys));
    }

    public function areThere(): bool
    {
        return $this->keys !== [];
    }

    /** The text's signatures, one for each key. */
    public function sign(string $text): string
    {
        return implode(',', array_map(fn ($key) => hash_hmac('sha256', $text, $key), $this->keys));
    }

    /** Whether one of the keys has signed the text. Each pair is compared in constant time. */
    public function haveSigned(string $text, string $signatures): bool
    {
        $good = false;
        // A forger may send as many as he likes; nobody has more than a few keys.
        foreach (array_slice(explode(',', $signatures), 0, 5) as $signature) {
            foreach ($this->keys as $key) {
                $good = hash_equals(hash_hmac('sha256', $text, $key), $signature) || $good;
            }
        }

        return $good;
    }

    public static function requestText(string $path, string $time, string $ask, string $body): string
    {
        return implode("\n", ['hikyaku-1', 'POST', $path, $time, $ask, hash('sha256', $body)]);
    }

    public static function answerText(string $nonce, string $body): string
    {
        return implode("\n", ['hikyaku-1 answer', $nonce, hash('sha256', $body)]);
    }
}
