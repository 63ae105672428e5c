//! MySQL and `MariaDB`.

use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, MySql, Row};

use super::{CONNECT, CONNECTIONS, Statement, Value, binding};

/// A frozen function must not keep its locks: the server closes a connection that says nothing for a minute.
const SESSION: &str = "SET SESSION wait_timeout = 60, innodb_lock_wait_timeout = 30";

/// An attempt that was cut off while it began a transaction leaves it open, unknown to the driver. It must not hold its
/// locks against the next attempt.
const CLEAN: &str = "ROLLBACK";

pub(super) fn pool(url: &str) -> Option<MySqlPool> {
    let url = url
        .strip_prefix("mariadb:")
        .map_or_else(|| url.to_owned(), |rest| format!("mysql:{rest}"));
    let options: MySqlConnectOptions = url.parse().ok()?;
    let pool = MySqlPoolOptions::new()
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

binding!(MySql, MySqlRow, MySqlArguments);
