<?php

namespace App\Notifications;

use App\Record;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Notifications\Notification;

final class RowsNotice extends Notification implements ShouldQueue
{
    use Queueable;

    public function __construct(public int $rows)
    {
    }

    public function via(object $notifiable): array
    {
        return [self::class]; // it is its own channel
    }

    public function send(object $notifiable, self $notice): void
    {
        Record::write(['job' => self::class, 'rows' => $notice->rows]);
    }
}
