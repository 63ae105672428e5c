//! MySQL and `MariaDB`.

mod found;
mod repeated;
mod rows;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, DriverError, Error, OptsBuilder, Params, SslOpts};

use super::address::Server;
use super::error::Answer;
use super::sentences::{Kind, of_mysql};
use super::tls::{Tls, certificates, of_the_system};
use super::{SqlError, Statement, Value};

/// Strict as Laravel's `'strict' => true` is, or the server cuts and changes what does not fit. A frozen function must not
/// keep its locks: the server closes a connection that says nothing for a minute. `lock_wait_timeout` is for changes of
/// tables; the warnings of a chunk are counted, so all of them are kept.
const SESSION: &str = "SET NAMES utf8mb4, SESSION sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,\
    NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', SESSION wait_timeout = 60, \
    SESSION innodb_lock_wait_timeout = 30, SESSION lock_wait_timeout = 30, SESSION max_error_count = 65535";

/// The sizes of inserts are powers of two up to some thousand: a statement is prepared for each.
const STATEMENTS: usize = 32;

/// What a packet has beside the values.
const OVERHEAD: usize = 1_024;

/// A connection.
pub(super) struct Session {
    connection: Option<Conn>,
    /// The largest packet that the server takes, in bytes.
    packet: usize,
}

impl Session {
    pub(super) async fn connect(
        server: &Server,
        password: Option<&str>,
        pem: Option<&[u8]>,
        zone: Option<&str>,
    ) -> Result<Self, SqlError> {
        let options = OptsBuilder::default()
            .ip_or_hostname(&server.host)
            .tcp_port(server.port)
            .user(Some(&server.user))
            .pass(password)
            .db_name(Some(&server.database))
            .prefer_socket(false)
            .client_found_rows(true)
            .stmt_cache_size(STATEMENTS)
            // Asked for below, with our own.
            .max_allowed_packet(Some(1 << 30))
            .wait_timeout(Some(60))
            // A token of RDS goes in clear text, which TLS hides.
            .enable_cleartext_plugin(!matches!(server.tls, Tls::Disabled | Tls::Preferred));
        let encrypted = options.clone().ssl_opts(tls(server.tls, pem));
        let connected = match Conn::new(encrypted).await {
            Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
                if server.tls == Tls::Preferred =>
            {
                Conn::new(options).await
            }
            connected => connected,
        };
        let connection = connected.map_err(|error| refused(&error, server.tls))?;
        let mut session = Self {
            connection: Some(connection),
            packet: 0,
        };
        session.run(SESSION).await?;
        if let Some(zone) = zone {
            session.run(&format!("SET time_zone = '{zone}'")).await?;
        }
        let packet = Statement {
            sql: "SELECT CAST(@@max_allowed_packet AS SIGNED)".to_owned(),
            values: Vec::new(),
        };
        let packet = session.rows(&packet).await?;
        if let Some([Value::Integer(Some(bytes))]) = packet.first().map(Vec::as_slice) {
            session.packet = usize::try_from(*bytes).unwrap_or(usize::MAX);
        }
        Ok(session)
    }

    fn connection(&mut self) -> Result<&mut Conn, SqlError> {
        let connection = self.connection.as_mut();
        connection.ok_or_else(|| SqlError::new("the connection is closed", Kind::Lost))
    }

    /// A statement without values, some of which MySQL cannot prepare.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), SqlError> {
        let ran = self.connection()?.query_drop(sql).await;
        ran.map_err(|error| described(&error))
    }

    /// How many rows it found. What is too large for the server is not sent: it would close the connection while it is
    /// written to, and why it did is lost.
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, SqlError> {
        let size = statement.values.iter().map(Value::size).sum::<usize>() + statement.sql.len();
        if size + OVERHEAD > self.packet {
            return Err(SqlError::answered(&Answer {
                database: "MySQL",
                code: "1153".to_owned(),
                words: &format!("{size} bytes are too many for {}", self.packet),
                detail: None,
                kind: Kind::Other,
            }));
        }
        let values = statement.values.iter().map(bound).collect();
        self.executed(&statement.sql, values).await
    }

    async fn executed(
        &mut self,
        sql: &str,
        values: Vec<mysql_async::Value>,
    ) -> Result<u64, SqlError> {
        let connection = self.connection()?;
        let executed = connection.exec_drop(sql, Params::from(values)).await;
        executed.map_err(|error| described(&error))?;
        Ok(connection.affected_rows())
    }

    pub(super) async fn rows(
        &mut self,
        statement: &Statement,
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        let values: Vec<_> = statement.values.iter().map(bound).collect();
        let connection = self.connection()?;
        let rows = connection.exec(statement.sql.as_str(), Params::from(values));
        let rows: Vec<mysql_async::Row> = rows.await.map_err(|error| described(&error))?;
        let rows = rows
            .into_iter()
            .map(|row| row.unwrap().into_iter().map(read).collect());
        Ok(rows.collect())
    }
}

impl Drop for Session {
    /// The driver would say goodbye in a task that nobody waits for, after what is still to be read and a rollback, and a
    /// function may be frozen before it ends. Where there is no runtime it closes the connection at once, and the server
    /// rolls back.
    fn drop(&mut self) {
        let connection = self.connection.take();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(connection));
        });
    }
}

fn tls(tls: Tls, pem: Option<&[u8]>) -> Option<SslOpts> {
    let verified = matches!(tls, Tls::Authority | Tls::Identity);
    let authorities = match pem {
        _ if !verified => Vec::new(),
        Some(pem) => certificates(pem).unwrap_or_default(),
        None => of_the_system(),
    };
    let authorities = authorities.iter().map(|one| one.to_vec().into()).collect();
    (tls != Tls::Disabled).then(|| {
        SslOpts::default()
            .with_disable_built_in_roots(verified)
            .with_root_certs(authorities)
            .with_danger_accept_invalid_certs(!verified)
            .with_danger_skip_domain_validation(tls != Tls::Identity)
    })
}

fn bound(value: &Value) -> mysql_async::Value {
    match value {
        Value::Integer(Some(number)) => mysql_async::Value::Int(*number),
        Value::Float(Some(number)) => mysql_async::Value::Double(*number),
        Value::Boolean(Some(truth)) => mysql_async::Value::Int((*truth).into()),
        Value::Text(Some(text)) => mysql_async::Value::Bytes(text.as_bytes().to_vec()),
        _ => mysql_async::Value::NULL,
    }
}

/// Numbers and text are all that our own statements ask for.
fn read(value: mysql_async::Value) -> Value {
    match value {
        mysql_async::Value::Int(number) => Value::Integer(Some(number)),
        mysql_async::Value::UInt(number) => Value::number(number),
        mysql_async::Value::Bytes(text) => Value::text(String::from_utf8_lossy(&text)),
        _ => Value::Text(None),
    }
}

/// An error of connecting. Without TLS, a user who has to have it is told that the password is wrong.
fn refused(error: &Error, tls: Tls) -> SqlError {
    let Error::Server(_) = error else {
        return SqlError::unconnected(error);
    };
    let described = described(error);
    if described.kind() == Kind::Login && tls == Tls::Disabled {
        return described.with("; or this user may use TLS only, and DATABASE_URL says DISABLED");
    }
    described
}

fn described(error: &Error) -> SqlError {
    let Error::Server(answer) = error else {
        return SqlError::new(hikyaku::core::explain(error), Kind::Lost);
    };
    answered(answer.code, &answer.state, &answer.message)
}

fn answered(code: u16, state: &str, words: &str) -> SqlError {
    SqlError::answered(&Answer {
        database: "MySQL",
        code: code.to_string(),
        words,
        detail: None,
        kind: of_mysql(code, state),
    })
}
