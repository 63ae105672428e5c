<?php

namespace App\Jobs;

use Illuminate\Contracts\Queue\ShouldBeEncrypted;

/** Nobody may read its message. */
final class SecretStep extends Job implements ShouldBeEncrypted
{
    public function __construct(public string $secret)
    {
    }
}
