//! SQLite.

use std::time::Duration;

use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, Sqlite};

use super::{CONNECT, Statement, Value, binding};

/// How long one writer waits for another.
const BUSY: Duration = Duration::from_secs(30);

pub(super) fn pool(url: &str, connections: u32) -> Option<SqlitePool> {
    let options: SqliteConnectOptions = url.parse().ok()?;
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(CONNECT);
    Some(
        pool.idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options),
    )
}

binding!(Sqlite, SqliteRow, SqliteArguments);
