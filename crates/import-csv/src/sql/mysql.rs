//! MySQL and `MariaDB`.

use sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow, MySqlSslMode,
};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, MySql, Row};

use super::{CONNECT, Statement, Value, binding};

/// A frozen function must not keep its locks: the server closes a connection that says nothing for a minute.
const SESSION: &str = "SET SESSION wait_timeout = 60, innodb_lock_wait_timeout = 30";

/// An attempt that was cut off while it began a transaction leaves it open, unknown to the driver. It must not hold its
/// locks against the next attempt.
const CLEAN: &str = "ROLLBACK";

pub(super) fn options(url: &str) -> Option<MySqlConnectOptions> {
    let url = url
        .strip_prefix("mariadb:")
        .map_or_else(|| url.to_owned(), |rest| format!("mysql:{rest}"));
    let options: MySqlConnectOptions = url.parse().ok()?;
    Some(options.disable_statement_logging())
}

/// Nobody but a server with a certificate of these is spoken to.
pub(super) fn trusting(options: MySqlConnectOptions, pem: Vec<u8>) -> MySqlConnectOptions {
    options
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca_from_pem(pem)
}

pub(super) fn pool(options: MySqlConnectOptions, connections: u32) -> MySqlPool {
    MySqlPoolOptions::new()
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

binding!(MySql, MySqlRow, MySqlArguments);
