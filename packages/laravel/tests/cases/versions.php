<?php

/** The function and the package are deployed apart, and instances of two versions of the package share a cache during a deploy. */

use Hikyaku\Laravel\Ask;
use Hikyaku\Laravel\Attempts;

const QUEUE = 'http%3A%2F%2F127.0.0.1%3A4566%2F000000000000%2Fjobs';

// What functions have asked since 0.1, in their words. {n} is the nonce.
$asks = [
    'run' => 'ask=run&nonce={n}&id=job-1&generation=0&attempt=1&left=29987&connection=sqs&queue='.QUEUE.'&tries=1&timeout=60&backoff=0',
    'run, with tasks' => 'ask=run&nonce={n}&id=job-1&generation=0&attempt=1&left=29987&connection=sqs&queue='.QUEUE.'&tries=0&timeout=0&backoff=1%2C5&tasks=1',
    'failed' => 'ask=failed&nonce={n}&id=job-1&generation=0&attempt=1&left=29987&connection=sqs&queue='.QUEUE.'&tries=1&timeout=60&backoff=0&error=the+job+ran+out+of+its+time',
    'ping' => 'ask=ping&nonce={n}&id=ping&generation=0&attempt=0&left=0&connection=sqs&queue=&tries=1&timeout=60&backoff=0',
    'what a later one may add' => 'ask=run&nonce={n}&id=job-1&generation=0&attempt=1&left=29987&connection=sqs&queue='.QUEUE.'&tries=1&timeout=60&backoff=0&lease=5&more%5B%5D=1',
];

// The answer's exact text to such a request, whose signatures are made and looked at without the package.
$told = function (Stage $stage, string $said, string $body): string {
    static $nonces = 0;
    $nonce = 'n'.(++$nonces);
    $said = str_replace('{n}', $nonce, $said);
    $time = (string) time();
    $signature = hash_hmac('sha256', "hikyaku-1\nPOST\n/hikyaku/jobs\n$time\n$said\n".hash('sha256', $body), KEY);
    $response = $stage->send($body, ['hikyaku-time' => $time, 'hikyaku-ask' => $said, 'hikyaku-signature' => $signature]);
    equal(hash_hmac('sha256', "hikyaku-1 answer\n$nonce\n".hash('sha256', $response->getContent()), KEY), $response->headers->get('hikyaku-signature'), 'the signature of '.$response->getContent());

    return $response->getContent();
};

$key = 'hikyaku:'.hash('xxh128', 'job-1').':0';
$entry = fn (int $attempt, ?int $until, ?array $verdict) => ['attempt' => $attempt, 'until' => $until, 'verdict' => $verdict];

return [
    'what functions of all versions ask is understood' => function () use ($asks, $told) {
        foreach ($asks as $ask => $said) {
            equal($ask === 'failed' ? '{"verdict":"failed","error":"the job ran out of its time"}' : '{"verdict":"done"}', $told(new Stage, $said, $ask === 'ping' ? '' : Job::body('succeeds')), $ask);
        }
    },
    'what is answered has the shape that functions of all versions read' => function () use ($asks, $told) {
        $answers = ['succeeds' => '/^\{"verdict":"done"\}$/', 'releases' => '/^\{"verdict":"released","delay":30\}$/', 'throws' => '/^\{"verdict":"threw","error":"DomainException: no paper in .*"\}$/',
            'fails' => '/^\{"verdict":"failed","error":"DomainException: never in .*"\}$/'];
        foreach ($answers as $does => $shape) {
            $stage = new Stage;
            foreach (['answered', 'answered again'] as $time) {
                $answer = $told($stage, $asks['run'], Job::body($does, 9));
                equal(1, preg_match($shape, $answer), "$time: $answer");
            }
        }
        equal(1, preg_match('/^\{"verdict":"unknown","error":"the application has no class Nobody"\}$/', $told(new Stage, $asks['run'], '{"uuid":"job-1","job":"Nobody@run","data":""}')));
        $stage = new Stage;
        equal(1, preg_match('/^\{"verdict":"start","task":"hikyaku:[0-9a-f]{32}:0:task:1","number":1\}$/', $told($stage, $asks['run, with tasks'], LongJob::body())));
        $stage->app->make(Attempts::class)->begin(Ask::kept(str_replace('{n}', '', $asks['run']), LongJob::body(), 30));
        equal('{"verdict":"working"}', $told($stage, $asks['run, with tasks'], LongJob::body()));
        equal(1, preg_match('/^\{"verdict":"busy","delay":\d+\}$/', $told($stage, $asks['run'], Job::body('succeeds'))));
    },
    'what a later function may ask runs nothing, and nothing is made of it' => function () {
        foreach (['pause', '', 'Run', 'run '] as $what) {
            $stage = new Stage;
            $answer = $stage->ask(Job::body('succeeds'), ['ask' => $what]);
            equal([400, false, true], [$answer['status'], $answer['signed'], str_contains($answer['refused'], 'does not know what is asked')]);
            equal([], Job::$log);
        }
    },
    'what an older version has noted is known: an end, an attempt that is over, one that runs and one that was killed' => function () use ($key, $entry) {
        foreach (['done', 'failed', 'unknown', 'threw', 'released'] as $verdict) {
            foreach ([1, 2] as $attempt) {
                $stage = new Stage;
                $stage->app['cache']->put($key, $entry(1, null, ['verdict' => $verdict, 'error' => 'as before', 'delay' => 7]), 60);
                $runs = $attempt === 2 && in_array($verdict, ['threw', 'released'], true);
                equal($runs ? 'done' : $verdict, $stage->ask(Job::body('succeeds', 9), ['attempt' => $attempt])['verdict'], "attempt $attempt after $verdict");
                equal($runs ? ['succeeds 2'] : [], Job::$log, "what ran after $verdict");
            }
        }
        foreach ([20 => ['busy', 'busy'], -1 => ['threw', 'done']] as $left => $verdicts) {
            foreach ([1, 2] as $attempt) {
                $stage = new Stage;
                $stage->app['cache']->put($key, $entry(1, time() + $left, null), 60);
                equal($verdicts[$attempt - 1], $stage->ask(Job::body('succeeds', 9), ['attempt' => $attempt])['verdict']);
            }
        }
    },
    'what an older version has begun meanwhile is gone on from' => function () use ($key, $entry) {
        $stage = new Stage;
        $stage->ask(Job::body('throws', 9));
        // It goes on to the second, which is over, and is asked for the third here.
        $stage->app['cache']->put("$key:after:1", 1, 10);
        $stage->app['cache']->put($key, $entry(2, null, ['verdict' => 'threw', 'error' => 'as before']), 60);
        Job::$doesIn = [3 => 'succeeds'];
        equal('threw', $stage->ask(Job::body('throws', 9), ['attempt' => 2])['verdict']);
        equal('done', $stage->ask(Job::body('throws', 9), ['attempt' => 3])['verdict']);
        equal(['throws 1', 'succeeds 3'], Job::$log);
    },
    'an older version finds what an attempt came to, or which one runs and until when' => function () use ($key) {
        foreach (['succeeds' => 'done', 'fails' => 'failed', 'throws' => 'threw', 'releases' => 'released'] as $does => $verdict) {
            $stage = new Stage;
            $stage->ask(Job::body($does, 9));
            $found = $stage->app['cache']->get($key);
            equal([1, null, $verdict], [$found['attempt'], $found['until'], $found['verdict']['verdict']]);
        }
        $stage = new Stage;
        $stage->ask(Job::body('throws', 9));
        Job::$meanwhile = function () use ($stage, $key, &$found) {
            $found = $stage->app['cache']->get($key);
        };
        $stage->ask(Job::body('throws', 9), ['attempt' => 2]);
        equal([2, true, null], [$found['attempt'], $found['until'] > time() + 35, $found['verdict']]);
    },
];
