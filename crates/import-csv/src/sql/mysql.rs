//! MySQL and MariaDB.

use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, MySql, Row};

use super::{CONNECT, CONNECTIONS, Statement, Value, binding};

/// A frozen function must not keep its locks: the server closes a connection that says nothing for a minute.
const SESSION: &str = "SET SESSION wait_timeout = 60, innodb_lock_wait_timeout = 30";

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
        });
    Some(pool.connect_lazy_with(options.disable_statement_logging()))
}

binding!(MySql, MySqlRow, MySqlArguments);
