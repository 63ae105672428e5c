<?php

// Answers for Laravel's own encrypter: one JSON request a line on standard input, one JSON answer a line on standard
// output. crates/hikyaku-laravel/examples/laravel-encrypter.rs asks.
//
// Request: {"do": "encrypt" | "decrypt", "cipher", "key", "serialize": bool, "text"}; key and plain text in base64.
// Answer: {"text"}, the plain text in base64, or {"refused"} with Laravel's reason.

use Illuminate\Contracts\Encryption\DecryptException;
use Illuminate\Encryption\Encrypter;

require $argv[1] ?? '/usr/share/php/Illuminate/autoload.php';

while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true, 8, JSON_THROW_ON_ERROR);
    $encrypter = new Encrypter(base64_decode($asked['key'], true), $asked['cipher']);
    try {
        if ($asked['do'] === 'encrypt') {
            $answer = ['text' => $encrypter->encrypt(base64_decode($asked['text'], true), $asked['serialize'])];
        } else {
            $answer = ['text' => base64_encode($encrypter->decrypt($asked['text'], $asked['serialize']))];
        }
    } catch (DecryptException $refused) {
        $answer = ['refused' => $refused->getMessage()];
    }
    fwrite(STDOUT, json_encode($answer, JSON_THROW_ON_ERROR)."\n");
}
