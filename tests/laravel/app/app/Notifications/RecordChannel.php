<?php

namespace App\Notifications;

use App\Record;

/** Notifies the record. */
final class RecordChannel
{
    public function send(object $notifiable, RowsNotice $notice): void
    {
        Record::write(['job' => RowsNotice::class, 'rows' => $notice->rows]);
    }
}
