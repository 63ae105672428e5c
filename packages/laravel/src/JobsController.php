<?php

namespace Hikyaku\Laravel;

use Closure;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

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
        // What a job prints is not part of the answer.
        ob_start();
        try {
            $verdict = $this->answer($ask);
        } finally {
            ob_end_clean();
        }
        $body = json_encode($verdict, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);

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
        $over = $this->keepTime($ask);
        $verdict = $this->attempts->settle($ask, $ask->what === 'failed' ? $this->runner->fail($ask) : $this->runner->run($ask));
        $over();

        return $verdict;
    }

    /**
     * PHP counts only its own computing here, so this stops what computes for ever; what waits, the courier gives up.
     * Answers with what is to be called when the attempt has come to its end.
     */
    private function keepTime(Ask $ask): Closure
    {
        ignore_user_abort(true);
        set_time_limit(max(1, (int) ceil($ask->seconds) + intdiv(Attempts::GRACE, 2)));
        $over = false;
        register_shutdown_function(function () use ($ask, &$over) {
            if (! $over) {
                $why = error_get_last()['message'] ?? 'exit() was called';
                $this->attempts->settle($ask, ['verdict' => 'threw', 'error' => 'PHP broke off: '.mb_substr(mb_scrub($why), 0, 2000)]);
            }
        });

        return function () use (&$over) {
            $over = true;
        };
    }
}
