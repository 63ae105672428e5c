<?php

namespace Hikyaku\Laravel;

use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Throwable;

/** The one route: believes a request or refuses it, has the job run, and signs what it answers. */
final class JobsController
{
    public function __construct(private Keys $keys, private Attempts $attempts, private Runner $runner)
    {
    }

    public function __invoke(Request $request): Response
    {
        try {
            $ask = Ask::of($request, $this->keys);
            if (! $this->attempts->isNew($ask->nonce)) {
                throw new Refused('it was sent before', 409);
            }
        } catch (Refused $refused) {
            $refused->isNoted && $this->attempts->note('refused', ['why' => $refused->getMessage()]);

            return new Response('', $refused->getCode(), ['Hikyaku-Refused' => $refused->getMessage()]);
        }
        // A ping is hikyaku:check's own.
        $ask->what === 'ping' || $this->attempts->note('accepted', ['skew' => $ask->skew]);
        $body = json_encode($this->answer($ask), JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);

        return new Response($body, 200, [
            'Content-Type' => 'application/json',
            'Cache-Control' => 'no-store',
            'Hikyaku-Signature' => $this->keys->sign(Keys::answerText($ask->nonce, $body)),
        ]);
    }

    private function answer(Ask $ask): array
    {
        if ($ask->what === 'ping') {
            return ['verdict' => 'done'];
        }
        if ($ask->what === 'run' && $ask->tasks && $this->runner->isForTask($ask)) {
            return $this->attempts->awaitTask($ask);
        }
        $known = $this->attempts->begin($ask);
        if ($known !== null) {
            return $known;
        }
        $verdict = Enclosure::run(
            max(1, (int) ceil($ask->seconds) + intdiv(Attempts::GRACE, 2)),
            fn () => $ask->what === 'failed' ? $this->runner->fail($ask) : $this->runner->run($ask),
            fn (string $why) => $this->attempts->settle($ask, ['verdict' => 'threw', 'error' => $why]),
        );
        try {
            return $this->attempts->settle($ask, $verdict);
        } catch (Throwable $e) {
            // The courier hears it all the same, and asks again only if this answer is lost.
            report($e);

            return $verdict;
        }
    }
}
