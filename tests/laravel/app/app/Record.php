<?php

namespace App;

/** What happened, in order: a line of JSON each, in the file that the jobs in Rust write to as well. */
final class Record
{
    public static function write(array $what): void
    {
        $line = json_encode(['by' => 'php'] + $what, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
        file_put_contents(getenv('RECORD_FILE'), $line."\n", FILE_APPEND | LOCK_EX);
    }
}
