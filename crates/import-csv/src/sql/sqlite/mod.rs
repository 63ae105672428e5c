//! SQLite.

mod found;
mod rows;

use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error, OpenFlags, ToSql, params_from_iter};

use super::address::File;
use super::error::Answer;
use super::sentences::{Kind, of_sqlite};
use super::{SqlError, Statement, Value};

/// How long one writer waits for another.
const BUSY: Duration = Duration::from_secs(30);

/// Readers and a writer do not wait for one another, and keys of other tables are looked after, as Laravel has it.
const SESSION: &str = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON";

/// A connection. It works on a thread for blocking work, and is closed there if nobody waits for it any more.
pub(super) struct Session {
    connection: Option<Connection>,
}

impl Session {
    pub(super) async fn connect(file: &File) -> Result<Self, SqlError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, file.create);
        let path = file.path.clone();
        let opened = blocking(move || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(BUSY)?;
            connection.execute_batch(SESSION)?;
            Ok(connection)
        });
        let opened = opened.await?;
        let connection = Some(opened.map_err(|error| described(&error))?);
        Ok(Self { connection })
    }

    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, SqlError> {
        let closed = || SqlError::new("the connection is closed", Kind::Lost);
        let mut connection = self.connection.take().ok_or_else(closed)?;
        let worked = blocking(move || {
            let done = work(&mut connection);
            (connection, done)
        });
        let (connection, done) = worked.await?;
        self.connection = Some(connection);
        done.map_err(|error| described(&error))
    }

    /// A statement without values.
    pub(super) async fn run(&mut self, sql: &'static str) -> Result<(), SqlError> {
        self.with(move |connection| connection.execute_batch(sql))
            .await
    }

    /// How many rows it found.
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, SqlError> {
        let Statement { sql, values } = statement.clone();
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.execute(params_from_iter(values))?;
            Ok(found as u64)
        })
        .await
    }

    pub(super) async fn rows(
        &mut self,
        statement: &Statement,
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        let Statement { sql, values } = statement.clone();
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let columns = statement.column_count();
            let rows = statement.query_map(params_from_iter(values), |row| {
                (0..columns)
                    .map(|index| row.get_ref(index).map(read))
                    .collect()
            })?;
            rows.collect()
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SqlError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|error| SqlError::new(format!("SQLite's thread ended: {error}"), Kind::Lost))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Integer(value) => value.to_sql(),
            Self::Float(value) => value.to_sql(),
            Self::Boolean(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
        }
    }
}

/// Numbers and text are all that our own statements ask for.
fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(number) => Value::Integer(Some(number)),
        ValueRef::Real(number) => Value::Float(Some(number)),
        ValueRef::Text(text) => Value::text(String::from_utf8_lossy(text)),
        ValueRef::Null | ValueRef::Blob(_) => Value::Text(None),
    }
}

/// SQLite names tables and columns in its messages, never values.
fn described(error: &Error) -> SqlError {
    let (code, words) = match error {
        Error::SqliteFailure(answer, words) => (
            answer.extended_code,
            words.clone().unwrap_or_else(|| answer.to_string()),
        ),
        error => (0, error.to_string()),
    };
    let kind = match of_sqlite(code) {
        Kind::Other if words.starts_with("no such") || words.contains("has no column") => {
            Kind::Missing
        }
        kind => kind,
    };
    if kind != Kind::Row {
        return SqlError::new(format!("SQLite answered {words}"), kind);
    }
    SqlError::answered(&Answer {
        database: "SQLite",
        code: code.to_string(),
        words: &words,
        detail: None,
        kind,
    })
}
