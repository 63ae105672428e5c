//! PostgreSQL.

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow, PgSslMode};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Postgres, Row};

use super::{CONNECT, Statement, Value, binding};

/// A frozen function must not keep its locks: the server ends a transaction that says nothing for a minute. Set after
/// connecting, because connection poolers refuse settings in the first message.
const SESSION: &str = "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'";

/// An attempt that was cut off while it began a transaction leaves it open, unknown to the driver. It must not hold its
/// locks against the next attempt.
const CLEAN: &str = "ROLLBACK";

pub(super) fn options(url: &str) -> Option<PgConnectOptions> {
    let options: PgConnectOptions = url.parse().ok()?;
    Some(options.disable_statement_logging())
}

/// Nobody but a server with a certificate of these is spoken to.
pub(super) fn trusting(options: PgConnectOptions, pem: Vec<u8>) -> PgConnectOptions {
    options
        .ssl_mode(PgSslMode::VerifyFull)
        .ssl_root_cert_from_pem(pem)
}

pub(super) fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(CONNECT)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SESSION).await.map(drop) })
        })
        .after_release(|connection, _| {
            Box::pin(async move { connection.execute(CLEAN).await.map(|_| true) })
        })
        .connect_lazy_with(options)
}

binding!(Postgres, PgRow, PgArguments);
