//! The three databases that a Laravel application uses, each by its own driver.

mod dialect;
mod error;
mod mysql;
mod postgres;
mod sqlite;

use sqlx::{MySqlPool, PgPool, SqlitePool};

pub(crate) use dialect::Dialect;
pub(crate) use error::SqlError;

use crate::config::ConfigError;

/// How long a pool waits for a connection.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(10);

/// One function runs few imports at once.
const CONNECTIONS: u32 = 2;

/// The application's database. It is connected to on first use.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Database {
    /// MySQL or `MariaDB`.
    MySql(MySqlPool),
    /// PostgreSQL.
    Postgres(PgPool),
    /// SQLite.
    Sqlite(SqlitePool),
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Integer(Option<i64>),
    Float(Option<f64>),
    Boolean(Option<bool>),
    Text(Option<String>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    /// Positions and counts. SQL's 64 bits have a sign; none of them comes near.
    pub(crate) fn number(number: u64) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

/// Text with places for values, and the values.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// Begun, and rolled back unless committed.
pub(crate) enum Transaction {
    MySql(sqlx::Transaction<'static, sqlx::MySql>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

/// The same words for each driver; `$driver` is its module, where the words need one.
macro_rules! each {
    ($on:expr, $inner:ident => $body:expr) => {
        match $on {
            Self::MySql($inner) => $body,
            Self::Postgres($inner) => $body,
            Self::Sqlite($inner) => $body,
        }
    };
    ($on:expr, $inner:ident, $driver:ident => $body:expr) => {
        match $on {
            Self::MySql($inner) => {
                use mysql as $driver;
                $body
            }
            Self::Postgres($inner) => {
                use postgres as $driver;
                $body
            }
            Self::Sqlite($inner) => {
                use sqlite as $driver;
                $body
            }
        }
    };
}

impl Database {
    /// Takes a `mysql://`, `mariadb://`, `postgres://`, `postgresql://` or `sqlite://` URL. Has to be called within a
    /// tokio runtime; connects to nothing.
    ///
    /// # Errors
    /// The URL is of another kind. The error does not show it: it has a password.
    pub fn connect_lazily(url: &str) -> Result<Self, ConfigError> {
        let scheme = url.split(':').next().unwrap_or_default();
        let database = match scheme {
            "mysql" | "mariadb" => mysql::pool(url).map(Self::MySql),
            "postgres" | "postgresql" => postgres::pool(url).map(Self::Postgres),
            "sqlite" => sqlite::pool(url).map(Self::Sqlite),
            _ => None,
        };
        database.ok_or(ConfigError::Database)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::MySql(_) => Dialect::MySql,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement on its own; how many rows it found.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, SqlError> {
        each!(self, pool, driver => {
            let result = driver::bound(statement).execute(pool).await;
            result.map(|done| done.rows_affected()).map_err(SqlError::new)
        })
    }

    /// The one row that a statement finds.
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

impl Transaction {
    /// Runs a statement; how many rows it found.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, SqlError> {
        each!(self, transaction, driver => {
            let result = driver::bound(statement).execute(&mut **transaction).await;
            result.map(|done| done.rows_affected()).map_err(SqlError::new)
        })
    }

    /// Runs a statement without values that MySQL cannot prepare.
    pub(crate) async fn raw(&mut self, sql: &'static str) -> Result<(), SqlError> {
        let sql = sqlx::raw_sql(sql);
        each!(self, transaction => {
            sql.execute(&mut **transaction).await.map(drop).map_err(SqlError::new)
        })
    }

    pub(crate) async fn commit(self) -> Result<(), SqlError> {
        each!(self, transaction => transaction.commit().await.map_err(SqlError::new))
    }
}

/// A query of one driver with its values, and a row's values, in order.
macro_rules! binding {
    ($database:ty, $row:ty, $arguments:ty) => {
        pub(super) fn bound(statement: Statement) -> Query<'static, $database, $arguments> {
            // All names in the text are the operator's, and quoted; all that a payload or an object says is a value.
            let query = sqlx::query(AssertSqlSafe(statement.sql));
            statement
                .values
                .into_iter()
                .fold(query, |query, value| match value {
                    Value::Integer(value) => query.bind(value),
                    Value::Float(value) => query.bind(value),
                    Value::Boolean(value) => query.bind(value),
                    Value::Text(value) => query.bind(value),
                })
        }

        /// Numbers and text are all that a cursor has.
        pub(super) fn values(row: &$row) -> Result<Vec<Value>, sqlx::Error> {
            (0..row.len())
                .map(|index| match row.try_get::<Option<i64>, _>(index) {
                    Ok(number) => Ok(Value::Integer(number)),
                    Err(_) => row.try_get(index).map(Value::Text),
                })
                .collect()
        }
    };
}
use binding;
