<?php

namespace Hikyaku\Laravel\Console;

use Hikyaku\Laravel\Ask;
use Hikyaku\Laravel\Attempts;
use Hikyaku\Laravel\Keys;
use Hikyaku\Laravel\Refused;
use Illuminate\Console\Command;
use Throwable;

/** Does what the courier does, from here, and says what stands in the way. */
final class CheckCommand extends Command
{
    protected $signature = 'hikyaku:check {--url= : where the courier sends jobs (default: app.url and hikyaku.path)}';

    protected $description = 'Say what is wrong with the way of jobs from the hikyaku courier to this application';

    private bool $isWell = true;

    public function handle(Keys $keys): int
    {
        $this->say($keys->areThere(), 'HIKYAKU_KEY is set', 'HIKYAKU_KEY is not set, or shorter than '.Keys::SHORTEST.' characters: php artisan hikyaku:install');
        $this->checkCache();
        $url = $this->option('url') ?: rtrim((string) config('app.url'), '/').'/'.trim(config('hikyaku.path'), '/');
        if ($keys->areThere()) {
            $this->checkRoute($keys, $url);
        }
        $this->checkLast();

        return $this->isWell ? 0 : 1;
    }

    private function checkCache(): void
    {
        $name = config('hikyaku.cache') ?: config('cache.default');
        $driver = config("cache.stores.$name.driver");
        $isShared = ! in_array($driver, ['array', 'null', 'file', null], true);
        $this->say($isShared, "the cache store $name ($driver) is shared by all instances",
            "the cache store $name (".($driver ?: 'no driver').') is not shared by all instances of the application: set HIKYAKU_CACHE to one that is, or a job may run twice');
        try {
            $key = 'hikyaku:check:'.bin2hex(random_bytes(8));
            $store = $this->laravel['cache']->store($name);
            $works = $store->add($key, 1, 60) && ! $store->add($key, 1, 60);
            $store->forget($key);
            $this->say($works, 'the cache store remembers', 'the cache store does not remember: what is added twice has to be refused the second time');
        } catch (Throwable $e) {
            $this->say(false, '', 'the cache store does not answer: '.$e->getMessage());
        }
    }

    private function checkRoute(Keys $keys, string $url): void
    {
        $nonce = bin2hex(random_bytes(16));
        $ask = http_build_query(['ask' => 'ping', 'nonce' => $nonce]);
        $time = (string) time();
        $signature = $keys->sign(Keys::requestText((string) parse_url($url, PHP_URL_PATH), $time, $ask, ''));
        $context = stream_context_create(['http' => [
            'method' => 'POST', 'content' => '', 'ignore_errors' => true, 'follow_location' => 0, 'timeout' => 10,
            'header' => ["hikyaku-time: $time", "hikyaku-ask: $ask", "hikyaku-signature: $signature", 'content-type: application/octet-stream', 'connection: close'],
        ]]);
        $body = @file_get_contents($url, false, $context);
        $lines = $http_response_header ?? [];
        if ($body === false || $lines === []) {
            $this->say(false, '', "$url is not reached from here: ".(error_get_last()['message'] ?? 'no answer'));

            return;
        }
        $headers = [];
        foreach (array_slice($lines, 1) as $line) {
            [$name, $value] = array_pad(explode(':', $line, 2), 2, '');
            $headers[strtolower($name)] = trim($value);
        }
        $status = (int) (explode(' ', $lines[0])[1] ?? 0);
        $isOurs = $status === 200 && $keys->haveSigned(Keys::answerText($nonce, $body), $headers['hikyaku-signature'] ?? '');
        $this->say($isOurs, "$url takes jobs", "$url: ".$this->why($status, $headers));
        if (isset($headers['date'])) {
            $skew = abs(time() - (int) strtotime($headers['date']));
            $this->say($skew <= Ask::WINDOW / 2, "the clocks here and there differ by $skew s", "the clock of $url differs by $skew s from the one here; ".Ask::WINDOW.' s are allowed');
        }
    }

    private function why(int $status, array $headers): string
    {
        return match (true) {
            ($headers['hikyaku-refused'] ?? '') === Refused::UNSIGNED => "refused ($status): another HIKYAKU_KEY there or none (is its configuration cached?), or something on the way changes the path or the body",
            isset($headers['hikyaku-refused']) => "refused ($status): ".$headers['hikyaku-refused'],
            $status >= 300 && $status < 400 => 'redirects to '.($headers['location'] ?? 'nowhere').'; the courier follows no redirect, so give it that address',
            $status === 404 => 'no such route: is the provider registered, are cached routes old (php artisan route:clear), is hikyaku.path the same there?',
            $status === 405 => 'takes no POST: another route has this path',
            $status === 419 => 'wants a CSRF token: the route has got into the group `web`; except it in VerifyCsrfToken, or route it without a group',
            $status === 401, $status === 403 => "something before the package refuses ($status): a middleware for all routes, basic authentication, a firewall",
            $status === 503 => 'maintenance mode (php artisan up), or no instance behind the load balancer',
            $status === 200 => 'answers, but not with the answer of this package: another application, or a middleware that changes answers, or another key there',
            default => "answers with $status; the application's log may say why",
        };
    }

    /** What the application has noticed of the courier itself. */
    private function checkLast(): void
    {
        try {
            $attempts = $this->laravel->make(Attempts::class);
            $accepted = $attempts->noted('accepted');
            $refused = $attempts->noted('refused');
        } catch (Throwable) {
            return; // said above
        }
        $at = fn (array $note) => date('Y-m-d H:i:s', $note['at']);
        if ($accepted === null) {
            $this->line('  --    the courier has sent nothing that is signed with this key in the last seven days; its log says why');
        } else {
            $isNear = abs($accepted['skew']) <= Ask::WINDOW / 2;
            $this->say($isNear, "the last request was taken at {$at($accepted)}; it was {$accepted['skew']} s old",
                "the last request was {$accepted['skew']} s old by this clock ({$at($accepted)}): set the clocks, for over ".Ask::WINDOW.' s it is refused');
        }
        if ($refused !== null && $refused['at'] > ($accepted['at'] ?? 0)) {
            $this->say(false, '', "the last request was refused at {$at($refused)}: {$refused['why']}");
        }
    }

    private function say(bool $isWell, string $well, string $wrong): void
    {
        $this->isWell = $this->isWell && $isWell;
        $this->line($isWell ? "  ok    $well" : "  WRONG $wrong");
    }
}
