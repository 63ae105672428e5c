<?php

/** Whom the route believes. */

use Hikyaku\Laravel\Clock;

$refused = function (Stage $stage, array $answer, int $status, string $why) {
    equal($status, $answer['status'], 'the status');
    equal(true, str_contains((string) $answer['refused'], $why), "whether `{$answer['refused']}` says `$why`");
    equal([], Job::$log, 'what ran');
};

$withKey = fn (string $key) => ['hikyaku' => ['key' => $key]];
// What a request is that no key of the application has signed, and what the application is told.
$forgeries = [
    'a wrong signature' => [['signature' => str_repeat('0', 64)], []],
    'no signature' => [['signature' => ''], []],
    'many signatures' => [['signature' => implode(',', array_fill(0, 1000, 'x'))], []],
    'another key' => [['key' => OTHER_KEY], []],
    'a truncated body' => [['body' => substr(Job::body('succeeds'), 0, -1)], []],
    'an attempt that was changed' => [['ask' => 'ask=run&attempt=2'], []],
    'an empty ask' => [['ask' => ''], []],
    'an old one' => [['time' => 1, 'signature' => '0'], []],
    'a wrong signature, and no key' => [['signature' => '0'], $withKey('')],
    'an empty key, and none' => [['signature' => hash_hmac('sha256', '', '')], $withKey('')],
    'the right key, and a short one' => [[], $withKey('short')],
    'the short key' => [['signature' => hash_hmac('sha256', 'short', 'short')], $withKey('short')],
];

return [
    'a signed job runs with the events of queue:work, and the answer is signed' => function () {
        $stage = new Stage;
        equal(['status' => 200, 'refused' => null, 'signed' => true, 'verdict' => 'done'], $stage->ask(Job::body('succeeds')));
        equal(['succeeds 1'], Job::$log);
        equal(['Processing', 'Processed'], $stage->events);
    },
    'both sides sign the same' => function () {
        // The same text is in crates/courier/src/tests/mod.rs.
        $text = Hikyaku\Laravel\Keys::requestText('/hikyaku/jobs', '1764150000', 'ask=run&id=1', '飛脚');
        equal('02b4616ca9677fed60d5599cebf7d260e71560f9ee5e0f54ccabb3af1a4010a1', Hikyaku\Laravel\Keys::parse('0123456789abcdef0123456789abcdef')->sign($text));
    },
    'what nobody has signed runs nothing, leaves nothing behind, and is told nothing but that' => function () use ($forgeries) {
        $answers = [];
        foreach ($forgeries as $forgery => [$how, $config]) {
            $stage = new Stage($config);
            $stage->ask(Job::body('succeeds'), ['id' => 'earlier']);
            $before = $stage->cached();
            [Job::$log, $written] = [[], []];
            foreach (['CacheHit', 'CacheMissed', 'KeyWritten', 'KeyForgotten'] as $event) {
                $stage->app['events']->listen('Illuminate\\Cache\\Events\\'.$event, function ($seen) use (&$written) {
                    $written[] = $seen->key;
                });
            }
            $answer = $stage->ask(Job::body('succeeds'), [], $how);
            equal([[], $before, []], [Job::$log, $stage->cached(), $written], "what is left of $forgery");
            equal(['status' => 401, 'refused' => 'not signed with a key of this application', 'signed' => false], $answer, $forgery);
        }
    },
    'what nobody has signed does not upset hikyaku:check' => function () use ($forgeries) {
        foreach ($forgeries as $forgery => [$how, $config]) {
            $stage = new Stage($config);
            $check = function () use ($stage) {
                $artisan = $stage->app->make(Illuminate\Contracts\Console\Kernel::class);
                $artisan->call('hikyaku:check', ['--url' => 'http://127.0.0.1:9/hikyaku/jobs']);

                return $artisan->output();
            };
            $before = $check();
            $stage->ask(Job::body('succeeds'), [], $how);
            equal($before, $check(), "what it says after $forgery");
        }
    },
    'a request that was sent before does not upset hikyaku:check either' => function () {
        $stage = new Stage;
        $stage->ask(Job::body('succeeds'), [], ['nonce' => 'same']);
        $before = $stage->cached();
        Clock::passes(1);
        equal(409, $stage->ask(Job::body('succeeds'), [], ['nonce' => 'same', 'time' => time()])['status']);
        equal($before, $stage->cached());
    },
    'an old request is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['time' => time() - 301]), 401, 'seconds ago'),
    'one from the future is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['time' => time() + 302]), 401, 'seconds ago'),
    'one for another path is not of this route' => function () {
        $stage = new Stage;
        equal(404, $stage->ask(Job::body('succeeds'), [], ['path' => '/hikyaku/other'])['status']);
        equal([], Job::$log);
    },
    'one within five minutes is taken' => fn () => equal('done', (new Stage)->ask(Job::body('succeeds'), [], ['time' => time() - 299])['verdict']),
    'a request without a nonce is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), ['nonce' => '']), 409, 'before'),
    'a replayed request is refused, and nothing runs again' => function () {
        $stage = new Stage;
        $stage->ask(Job::body('succeeds'), [], ['nonce' => 'same']);
        $again = $stage->ask(Job::body('succeeds'), [], ['nonce' => 'same']);
        equal([409, 'it was sent before'], [$again['status'], $again['refused']]);
        equal(['succeeds 1'], Job::$log);
    },
    'while the key is changed either of two counts' => function () {
        foreach ([KEY, OTHER_KEY, KEY.','.OTHER_KEY, 'a-third-key-that-only-the-courier-knows-of,'.OTHER_KEY] as $key) {
            $answer = (new Stage(['hikyaku' => ['key' => OTHER_KEY.','.KEY]]))->ask(Job::body('succeeds'), [], ['key' => $key]);
            equal(['done', true], [$answer['verdict'] ?? $answer['refused'], $answer['signed']], $key);
        }
    },
    'in maintenance mode nothing runs' => function () {
        $stage = new Stage;
        file_put_contents($stage->app->storagePath().'/framework/down', json_encode(['retry' => 60, 'status' => 503, 'except' => []]));
        $answer = $stage->ask(Job::body('succeeds'));
        unlink($stage->app->storagePath().'/framework/down');
        equal([503, false], [$answer['status'], $answer['signed']]);
        equal([], Job::$log);
    },
    'a ping runs nothing, and hikyaku:check does not take its own for the courier' => function () {
        $stage = new Stage;
        equal('done', $stage->ask('', ['ask' => 'ping'])['verdict']);
        equal(null, $stage->app->make(Hikyaku\Laravel\Attempts::class)->noted('accepted'));
        equal([], Job::$log);
    },
];
