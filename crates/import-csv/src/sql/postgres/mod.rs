//! PostgreSQL.

mod found;
mod rows;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use rustls::ClientConfig;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Server;
use super::error::Answer;
use super::sentences::{Kind, of_postgres};
use super::tls::Tls;
use super::{SqlError, Statement, Value};

/// A frozen function must not keep its locks: the server ends a transaction that says nothing for a minute. Set after
/// connecting, because connection poolers refuse settings in the first message.
const SESSION: &str = "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'";

/// A connection.
pub(super) struct Session {
    client: Client,
    wire: Wire,
}

impl Session {
    pub(super) async fn connect(
        server: &Server,
        password: Option<&str>,
        tls: &Arc<ClientConfig>,
        zone: Option<&str>,
    ) -> Result<Self, SqlError> {
        let mut config = Config::new();
        config
            .host(&server.host)
            .port(server.port)
            .dbname(&server.database)
            .ssl_mode(match server.tls {
                Tls::Disabled => SslMode::Disable,
                Tls::Preferred => SslMode::Prefer,
                Tls::Required | Tls::Authority | Tls::Identity => SslMode::Require,
            });
        if !server.user.is_empty() {
            config.user(&server.user);
        }
        if let Some(password) = password {
            config.password(password);
        }
        if let Some(options) = &server.options {
            config.options(options);
        }
        let tls = MakeRustlsConnect::new(ClientConfig::clone(tls));
        let connected = config.connect(tls).await;
        let (client, connection) = connected.map_err(|error| {
            if error.as_db_error().is_none() {
                return SqlError::unconnected(&error);
            }
            // Without TLS, the server knows nobody whom it asks for TLS.
            let unknown = error.code().is_some_and(|code| code.code() == "28000");
            if unknown && server.tls == Tls::Disabled {
                return SqlError::answered(&Answer {
                    database: "PostgreSQL",
                    code: "3159".to_owned(),
                    words: error.as_db_error().map_or("", |answer| answer.message()),
                    detail: None,
                    kind: Kind::Other,
                });
            }
            described(&error)
        })?;
        let mut session = Self {
            client,
            wire: Wire {
                connection: Some(Box::pin(connection)),
                ended: None,
            },
        };
        session.run(SESSION).await?;
        if let Some(zone) = zone {
            session.run(&format!("SET TIME ZONE '{zone}'")).await?;
        }
        Ok(session)
    }

    /// Statements without values.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), SqlError> {
        self.wire.drive(self.client.batch_execute(sql)).await
    }

    /// How many rows it found.
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, SqlError> {
        let values = typed(&statement.values);
        let executed = self.client.execute_typed(&statement.sql, &values);
        self.wire.drive(executed).await
    }

    pub(super) async fn rows(
        &mut self,
        statement: &Statement,
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        let values = typed(&statement.values);
        let found = self.client.query_typed(&statement.sql, &values);
        let rows = self.wire.drive(found).await?;
        rows.iter().map(values_of).collect()
    }
}

type Connection = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// What moves the bytes. The driver would have it in a task of its own; here it moves with whoever waits for an answer,
/// so that nothing goes on while a function is frozen.
struct Wire {
    connection: Option<Connection>,
    ended: Option<SqlError>,
}

impl Wire {
    async fn drive<T>(
        &mut self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, SqlError> {
        let mut answer = pin!(answer);
        let answered = poll_fn(|context| {
            if let Some(connection) = &mut self.connection
                && let Poll::Ready(ended) = connection.as_mut().poll(context)
            {
                self.connection = None;
                self.ended = ended.err().map(|error| described(&error));
            }
            answer.as_mut().poll(context)
        });
        answered.await.map_err(|error| match self.ended.take() {
            // Why the server ended the connection says more than that it did.
            Some(cause) if error.is_closed() => cause,
            _ => described(&error),
        })
    }
}

fn typed(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let typed = values.iter().map(|value| -> (&(dyn ToSql + Sync), Type) {
        match value {
            Value::Integer(value) => (value, Type::INT8),
            Value::Float(value) => (value, Type::FLOAT8),
            Value::Boolean(value) => (value, Type::BOOL),
            Value::Text(value) => (value, Type::TEXT),
        }
    });
    typed.collect()
}

/// Numbers, text and truth are all that our own statements ask for.
fn values_of(row: &Row) -> Result<Vec<Value>, SqlError> {
    let values = row.columns().iter().enumerate().map(|(index, column)| {
        match *column.type_() {
            Type::INT8 => row.try_get(index).map(Value::Integer),
            Type::BOOL => row.try_get(index).map(Value::Boolean),
            _ => row.try_get(index).map(Value::Text),
        }
        .map_err(|error| described(&error))
    });
    values.collect()
}

fn described(error: &tokio_postgres::Error) -> SqlError {
    let Some(answer) = error.as_db_error() else {
        let text = hikyaku::core::explain(error);
        return SqlError::new(text, Kind::Lost);
    };
    let detail = answer.detail();
    SqlError::answered(&self::answer(
        answer.code().code(),
        answer.message(),
        detail,
    ))
}

fn answer<'a>(code: &str, words: &'a str, detail: Option<&'a str>) -> Answer<'a> {
    Answer {
        database: "PostgreSQL",
        code: code.to_owned(),
        words,
        // "Failing row contains (…)" is the row itself, which stands beside it.
        detail: detail.filter(|text| !text.starts_with("Failing row")),
        kind: of_postgres(code),
    }
}
