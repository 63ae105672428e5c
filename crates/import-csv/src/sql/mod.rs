//! The three databases that a Laravel application uses, each by its own driver.

mod authorities;
mod dialect;
mod error;
mod login;
mod mysql;
mod pool;
mod postgres;
mod sqlite;

pub use authorities::{Authorities, AuthoritiesError};
pub(crate) use dialect::Dialect;
pub(crate) use error::SqlError;
pub use login::{LoginError, PasswordFrom};

use hikyaku::Config;

use self::login::Login;
use self::pool::Pool;
use crate::config::{ConfigError, DatabaseSettings};

/// How long a pool waits for a connection.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(10);

/// The application's database. It is connected to on first use.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool,
    login: Option<std::sync::Arc<Login>>,
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
                use $crate::sql::mysql as $driver;
                $body
            }
            Self::Postgres($inner) => {
                use $crate::sql::postgres as $driver;
                $body
            }
            Self::Sqlite($inner) => {
                use $crate::sql::sqlite as $driver;
                $body
            }
        }
    };
}
use each;

impl Database {
    /// The database that the settings name. Has to be called within a tokio runtime; connects to nothing.
    ///
    /// # Errors
    /// The URL is of another kind (the error does not show it: it has a password), or the certificates cannot be read.
    pub fn new(settings: &DatabaseSettings, aws: &Config) -> Result<Self, ConfigError> {
        let authorities = settings.authorities.as_ref();
        let pem = authorities.map(|authorities| authorities.pem(&aws.region));
        let pem = pem.transpose().map_err(ConfigError::Authorities)?;
        let pool = Pool::new(&settings.url, pem, settings.connections)?;
        let login = match (&settings.password_from, pool.server()) {
            (None, _) => None,
            (Some(_), None) => return Err(ConfigError::Password),
            (Some(from), Some(server)) => Some(std::sync::Arc::new(Login {
                from: from.clone(),
                config: aws.clone(),
                host: server.host,
                port: server.port,
                user: server.user,
                made: std::sync::Mutex::default(),
            })),
        };
        Ok(Self { pool, login })
    }

    /// Gets the password, if it is not in the URL: at most one request. To be called while the function starts.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn log_in(&self) -> Result<(), LoginError> {
        if let Some(login) = &self.login {
            self.pool.set_password(&login.password().await?);
        }
        Ok(())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.pool.dialect()
    }

    /// Runs a statement on its own; how many rows it found.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, SqlError> {
        self.ready().await?;
        match self.pool.execute(statement.clone()).await {
            Err(error) if self.has_another_password(&error).await? => {
                self.pool.execute(statement).await
            }
            outcome => outcome,
        }
    }

    /// The one row that a statement finds.
    pub(crate) async fn row(&self, statement: Statement) -> Result<Option<Vec<Value>>, SqlError> {
        self.ready().await?;
        match self.pool.row(statement.clone()).await {
            Err(error) if self.has_another_password(&error).await? => {
                self.pool.row(statement).await
            }
            outcome => outcome,
        }
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, SqlError> {
        self.ready().await?;
        match self.pool.begin().await {
            Err(error) if self.has_another_password(&error).await? => self.pool.begin().await,
            outcome => outcome,
        }
    }

    /// A token is only good for a while; a new connection needs a fresh one.
    async fn ready(&self) -> Result<(), SqlError> {
        if self.login.as_ref().is_some_and(|login| login.is_stale()) {
            self.log_in()
                .await
                .map_err(|error| SqlError::login(&error))?;
        }
        Ok(())
    }

    /// Secrets are rotated while functions stay warm: a password that is refused is read again.
    async fn has_another_password(&self, error: &SqlError) -> Result<bool, SqlError> {
        let login = self.login.as_ref();
        if !error.refuses_login() || !login.is_some_and(|login| login.may_have_changed()) {
            return Ok(false);
        }
        self.log_in()
            .await
            .map_err(|error| SqlError::login(&error))?;
        Ok(true)
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
