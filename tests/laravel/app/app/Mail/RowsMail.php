<?php

namespace App\Mail;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Mail\Mailable;

final class RowsMail extends Mailable implements ShouldQueue
{
    use Queueable;

    public function __construct(public int $rows)
    {
    }

    public function build(): self
    {
        return $this->subject('Rows')->html($this->rows.' rows');
    }
}
