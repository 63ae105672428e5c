<?php

/** Whom the route believes. */

$refused = function (Stage $stage, array $answer, int $status, string $why) {
    equal($status, $answer['status'], 'the status');
    equal(true, str_contains((string) $answer['refused'], $why), "whether `{$answer['refused']}` says `$why`");
    equal([], Job::$log, 'what ran');
};

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
    'a forged signature is refused and changes nothing' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['signature' => str_repeat('0', 64)]), 401, 'no key'),
    'no signature is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['signature' => '']), 401, 'no key'),
    'another key is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['key' => OTHER_KEY]), 401, 'no key'),
    'a truncated body is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['body' => substr(Job::body('succeeds'), 0, -1)]), 401, 'no key'),
    'an attempt that was changed is refused' => fn () => $refused($s = new Stage, $s->ask(Job::body('succeeds'), [], ['ask' => 'ask=run&attempt=2']), 401, 'no key'),
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
    'without a key nothing is believed, not even an empty signature' => function () use ($refused) {
        $stage = new Stage(['hikyaku' => ['key' => '']]);
        $refused($stage, $stage->ask(Job::body('succeeds'), [], ['signature' => hash_hmac('sha256', '', '')]), 401, 'HIKYAKU_KEY');
    },
    'a short key is none' => function () use ($refused) {
        $stage = new Stage(['hikyaku' => ['key' => 'short']]);
        $refused($stage, $stage->ask(Job::body('succeeds')), 401, 'HIKYAKU_KEY');
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
    'a ping runs nothing' => function () {
        equal('done', (new Stage)->ask('', ['ask' => 'ping'])['verdict']);
        equal([], Job::$log);
    },
];
