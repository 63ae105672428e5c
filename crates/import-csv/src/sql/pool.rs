//! Connections to one of the three databases.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::PgConnectOptions;
use sqlx::{MySqlPool, PgPool, SqlitePool};

use super::{Dialect, SqlError, Statement, Transaction, Value, each, mysql, postgres, sqlite};
use crate::config::ConfigError;

/// Connections, and what new ones are made with.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    MySql(MySqlPool),
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// Where a server is and who asks it.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
}

impl Pool {
    /// `pem`: the authorities that the server's certificate has to come from.
    pub(crate) fn new(
        url: &str,
        pem: Option<Vec<u8>>,
        connections: u32,
    ) -> Result<Self, ConfigError> {
        let scheme = url.split(':').next().unwrap_or_default();
        let pool = match scheme {
            "mysql" | "mariadb" => mysql::options(url).map(|options| {
                let options = match pem {
                    Some(pem) => mysql::trusting(options, pem),
                    None => options,
                };
                Self::MySql(mysql::pool(options, connections))
            }),
            "postgres" | "postgresql" => postgres::options(url).map(|options| {
                let options = match pem {
                    Some(pem) => postgres::trusting(options, pem),
                    None => options,
                };
                Self::Postgres(postgres::pool(options, connections))
            }),
            "sqlite" => sqlite::pool(url, connections).map(Self::Sqlite),
            _ => None,
        };
        pool.ok_or(ConfigError::Database)
    }

    /// None for a file.
    pub(crate) fn server(&self) -> Option<Server> {
        match self {
            Self::MySql(pool) => {
                let options = pool.connect_options();
                Some(Server {
                    host: options.get_host().to_owned(),
                    port: options.get_port(),
                    user: options.get_username().to_owned(),
                })
            }
            Self::Postgres(pool) => {
                let options = pool.connect_options();
                Some(Server {
                    host: options.get_host().to_owned(),
                    port: options.get_port(),
                    user: options.get_username().to_owned(),
                })
            }
            Self::Sqlite(_) => None,
        }
    }

    /// The password of all connections from here on. RDS takes a token in clear text, which TLS hides.
    pub(crate) fn set_password(&self, password: &str) {
        match self {
            Self::MySql(pool) => {
                let options = MySqlConnectOptions::clone(&pool.connect_options());
                let is_encrypted = !matches!(
                    options.get_ssl_mode(),
                    MySqlSslMode::Disabled | MySqlSslMode::Preferred
                );
                let options = options.enable_cleartext_plugin(is_encrypted);
                pool.set_connect_options(options.password(password));
            }
            Self::Postgres(pool) => {
                let options = PgConnectOptions::clone(&pool.connect_options());
                pool.set_connect_options(options.password(password));
            }
            Self::Sqlite(_) => {}
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::MySql(_) => Dialect::MySql,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, SqlError> {
        each!(self, pool, driver => {
            let result = driver::bound(statement).execute(pool).await;
            result.map(|done| done.rows_affected()).map_err(SqlError::new)
        })
    }

    pub(crate) async fn row(&self, statement: Statement) -> Result<Option<Vec<Value>>, SqlError> {
        each!(self, pool, driver => {
            let row = driver::bound(statement).fetch_optional(pool).await.map_err(SqlError::new)?;
            row.as_ref().map(driver::values).transpose().map_err(SqlError::new)
        })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, SqlError> {
        Ok(match self {
            Self::MySql(pool) => Transaction::MySql(pool.begin().await.map_err(SqlError::new)?),
            Self::Postgres(pool) => {
                Transaction::Postgres(pool.begin().await.map_err(SqlError::new)?)
            }
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin().await.map_err(SqlError::new)?),
        })
    }
}
