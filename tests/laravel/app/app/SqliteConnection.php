<?php

namespace App;

use Illuminate\Database\SQLiteConnection as FrameworkConnection;

/**
 * Takes SQLite's lock when a transaction begins. Laravel counts a batch's jobs in a transaction that reads before it writes, and
 * SQLite refuses the second of two such at once ("database is locked"). Later Laravels have `transaction_mode` for it.
 */
final class SqliteConnection extends FrameworkConnection
{
    protected function createTransaction()
    {
        $begins = $this->transactions === 0;
        parent::createTransaction();
        if ($begins) {
            // PDO of PHP before 8.4 only commits what it has begun itself, which is a deferred transaction; any write ends that.
            $this->getPdo()->exec('PRAGMA user_version = 1');
        }
    }
}
