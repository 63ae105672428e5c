<?php

namespace Hikyaku\Laravel;

use Illuminate\Http\Request;

/** What the courier asks. An object of this class was signed by a key, is not old, and has a body that is whole. */
final class Ask
{
    /** For so many seconds a signature counts, by either clock. */
    public const WINDOW = 300;

    private function __construct(
        public readonly string $what,
        public readonly string $nonce,
        public readonly string $id,
        public readonly int $generation,
        public readonly int $attempt,
        public readonly float $seconds,
        public readonly string $connection,
        public readonly string $queue,
        public readonly int $tries,
        public readonly string $backoff,
        public readonly int $timeout,
        public readonly string $error,
        public readonly string $body,
        public readonly int $skew,
        public readonly bool $tasks,
        public readonly string $said,
    ) {
    }

    /** Believes a request or throws. Nothing of it is looked at before its signature. */
    public static function of(Request $request, Keys $keys): self
    {
        [$time, $said, $signature] = array_map(
            fn ($name) => (string) $request->headers->get($name, ''),
            ['hikyaku-time', 'hikyaku-ask', 'hikyaku-signature'],
        );
        $path = (string) parse_url($request->server('REQUEST_URI', '/'), PHP_URL_PATH);
        $body = $request->getContent();
        if (! $keys->haveSigned(Keys::requestText($path, $time, $said, $body), $signature)) {
            throw new Refused(Refused::UNSIGNED, 401);
        }
        $skew = time() - (int) $time;
        if (abs($skew) > self::WINDOW) {
            throw new Refused("it was signed $skew seconds ago by this application's clock, and ".self::WINDOW.' are allowed', 401, isNoted: true);
        }

        $ask = self::parsed($said, $body, $skew);
        if (! in_array($ask->what, ['run', 'failed', 'ping'], true)) {
            throw new Refused('the installed version of hikyaku/laravel does not know what is asked of it', 400, isNoted: true);
        }

        return $ask;
    }

    /** What was believed when it came, for the task that runs the job. A task that is not heard of for so many seconds is over. */
    public static function kept(string $said, string $body, int $seconds): self
    {
        return self::parsed($said.'&left='.$seconds * 1000, $body, 0);
    }

    private static function parsed(string $said, string $body, int $skew): self
    {
        parse_str($said, $fields);
        $text = fn (string $name) => is_string($fields[$name] ?? null) ? $fields[$name] : '';

        return new self(
            $text('ask'), $text('nonce'), $text('id'), (int) $text('generation'), (int) $text('attempt'), (int) $text('left') / 1000,
            $text('connection'), $text('queue'), (int) $text('tries'), $text('backoff'), (int) $text('timeout'), $text('error'),
            $body, $skew, $text('tasks') === '1', $said,
        );
    }

    /** What an attempt of this job is remembered by. */
    public function key(): string
    {
        return 'hikyaku:'.hash('xxh128', $this->id).':'.$this->generation;
    }
}
