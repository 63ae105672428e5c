//! PostgreSQL.

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Postgres, Row};

use super::{CONNECT, CONNECTIONS, Statement, Value, binding};

/// A frozen function must not keep its locks: the server ends a transaction that says nothing for a minute. Set after
/// connecting, because connection poolers refuse settings in the first message.
const SESSION: &str = "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'";

/// An attempt that was cut off while it began a transaction leaves it open, unknown to the driver. It must not hold its
/// locks against the next attempt.
const CLEAN: &str = "ROLLBACK";

pub(super) fn pool(url: &str) -> Option<PgPool> {
    let options: PgConnectOptions = url.parse().ok()?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(CONNECT);
    let pool = pool
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SESSION).await.map(drop) })
        })
        .after_release(|connection, _| {
            Box::pin(async move { connection.execute(CLEAN).await.map(|_| true) })
        });
    Some(pool.connect_lazy_with(options.disable_statement_logging()))
}

binding!(Postgres, PgRow, PgArguments);
