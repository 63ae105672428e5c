<?php

namespace App\Notifications;

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
        return [RecordChannel::class];
    }
}
