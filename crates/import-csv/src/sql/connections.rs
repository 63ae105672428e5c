//! Connections to the application's database: made when they are needed, and kept while the process lives.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hikyaku::Config;
use rustls::ClientConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::address::Address;
use super::login::Login;
use super::sentences::Kind;
use super::{
    AuthoritiesError, Dialect, Found, LoginError, SqlError, Statement, Target, Transaction, Value,
    mysql, postgres, sqlite, tls,
};
use crate::config::{ConfigError, DatabaseSettings};

/// How long an answer is waited for.
const CONNECT: Duration = Duration::from_secs(10);

/// How long it is tried again where nobody listens or no connection is left: another process may end by then.
const AGAIN: Duration = Duration::from_secs(3);

/// The longest wait between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// The application's database. It is connected to on first use.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    address: Address,
    /// What rustls needs for PostgreSQL, and the authorities as MySQL's driver wants them.
    tls: Arc<ClientConfig>,
    pem: Option<Vec<u8>>,
    zone: Option<String>,
    login: Option<Login>,
    password: Mutex<Option<String>>,
    slots: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the address: it has a password.
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}

/// One connection.
pub(super) enum Connection {
    MySql(mysql::Session),
    Postgres(postgres::Session),
    Sqlite(sqlite::Session),
}

/// The same words for each driver. What waits for all three would be large, if it were not on the heap.
macro_rules! each {
    ($on:expr, $session:ident => $body:expr) => {
        match $on {
            $crate::sql::connections::Connection::MySql($session) => Box::pin($body).await,
            $crate::sql::connections::Connection::Postgres($session) => Box::pin($body).await,
            $crate::sql::connections::Connection::Sqlite($session) => Box::pin($body).await,
        }
    };
}
pub(super) use each;

/// A connection in use. It is closed when it is dropped, and the server then undoes what was not committed; only who is
/// done with it gives it back.
pub(super) struct Lease {
    pub(super) connection: Connection,
    is_used: bool,
    shared: Arc<Shared>,
    slot: OwnedSemaphorePermit,
}

impl Lease {
    pub(super) fn give_back(self) {
        let mut idle = self
            .shared
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        idle.push(self.connection);
    }

    /// For another connection, if this one was kept and the server has closed it meanwhile.
    async fn renewed(self, error: SqlError) -> Result<Self, SqlError> {
        if !self.is_used || error.kind() != Kind::Lost {
            if error.kind() != Kind::Lost {
                self.give_back();
            }
            return Err(error);
        }
        let Self {
            shared,
            slot,
            connection,
            ..
        } = self;
        drop(connection);
        let connection = shared.connect().await?;
        Ok(Self {
            connection,
            is_used: false,
            shared,
            slot,
        })
    }
}

/// Runs the same once more where a kept connection was closed; gives the connection back.
macro_rules! on_a_connection {
    ($database:expr, $session:ident => $body:expr) => {{
        let mut lease = $database.lease().await?;
        let mut done = each!(&mut lease.connection, $session => $body);
        if let Err(error) = done {
            lease = lease.renewed(error).await?;
            done = each!(&mut lease.connection, $session => $body);
        }
        if done.as_ref().err().is_none_or(|error| error.kind() != Kind::Lost) {
            lease.give_back();
        }
        done
    }};
}

impl Database {
    /// The database that the settings name. Connects to nothing.
    ///
    /// # Errors
    /// The URL is of another kind (the error does not show it: it has a password), or the certificates cannot be read.
    pub fn new(settings: &DatabaseSettings, aws: &Config) -> Result<Self, ConfigError> {
        let mut address = Address::parse(&settings.url)?;
        let pem = match &settings.authorities {
            Some(authorities) => Some(authorities.pem(&aws.region)),
            None => address
                .server()
                .and_then(|server| server.authorities.clone())
                .map(|file| super::Authorities::File(file).pem(&aws.region)),
        };
        let pem = pem.transpose().map_err(ConfigError::Authorities)?;
        if pem
            .as_ref()
            .is_some_and(|pem| tls::certificates(pem).is_none())
        {
            return Err(ConfigError::Authorities(AuthoritiesError::Empty));
        }
        if let (Some(_), Some(server)) = (&settings.authorities, address.server_mut()) {
            server.tls = tls::Tls::Identity;
        }
        let way = address
            .server()
            .map_or(tls::Tls::Disabled, |server| server.tls);
        let tls = tls::config(way, pem.as_deref()).map_err(ConfigError::Tls)?;
        let login = match (&settings.password_from, address.server()) {
            (None, _) => None,
            (Some(_), None) => return Err(ConfigError::Password),
            (Some(from), Some(server)) => Some(Login {
                from: from.clone(),
                config: aws.clone(),
                host: server.host.clone(),
                port: server.port,
                user: server.user.clone(),
                made: Mutex::default(),
            }),
        };
        let password = address.server().and_then(|server| server.password.clone());
        Ok(Self {
            shared: Arc::new(Shared {
                address,
                tls: Arc::new(tls),
                pem,
                zone: settings.zone.clone(),
                login,
                password: Mutex::new(password),
                slots: Arc::new(Semaphore::new(settings.connections as usize)),
                idle: Mutex::default(),
            }),
        })
    }

    /// Gets the password, if it is not in the URL: at most one request. To be called while the function starts.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn log_in(&self) -> Result<(), LoginError> {
        self.shared.log_in().await
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.shared.address {
            Address::MySql(_) => Dialect::MySql,
            Address::Postgres(_) => Dialect::Postgres,
            Address::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement on its own; how many rows it found.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, SqlError> {
        on_a_connection!(self, session => session.execute(&statement))
    }

    /// The one row that a statement finds.
    pub(crate) async fn row(&self, statement: Statement) -> Result<Option<Vec<Value>>, SqlError> {
        let rows = on_a_connection!(self, session => session.rows(&statement));
        Ok(rows?.into_iter().next())
    }

    /// A table as it is now; none if there is no such table, or the user may not see it.
    pub(crate) async fn find(&self, table: &str) -> Result<Option<Found>, SqlError> {
        on_a_connection!(self, session => session.find(table))
    }

    /// Has MySQL insert no rows: what it says of a column that the file does not have it says before the first one.
    /// PostgreSQL and SQLite have told in `find`. MySQL shows triggers, which may fill a column, to few users.
    pub(crate) async fn rehearse(&self, target: &Target) -> Result<(), SqlError> {
        if self.dialect() != Dialect::MySql {
            return Ok(());
        }
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM DUAL WHERE FALSE",
            target.table,
            target.names(Dialect::MySql),
            vec!["NULL"; target.columns.len()].join(", ")
        );
        let values = Vec::new();
        self.execute(Statement { sql, values }).await.map(drop)
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, SqlError> {
        let mut lease = self.lease().await?;
        if let Err(error) = lease.begin().await {
            lease = lease.renewed(error).await?;
            lease.begin().await?;
        }
        Ok(Transaction::of(lease))
    }

    /// A connection of its own, as soon as there is one.
    async fn lease(&self) -> Result<Lease, SqlError> {
        let shared = Arc::clone(&self.shared);
        let closed = |_| SqlError::new("the connections are closed", Kind::Other);
        let slot = Arc::clone(&shared.slots)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let kept = {
            let mut idle = shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.pop()
        };
        let is_used = kept.is_some();
        let connection = match kept {
            Some(connection) => connection,
            None => shared.connect().await?,
        };
        Ok(Lease {
            connection,
            is_used,
            shared,
            slot,
        })
    }
}

impl Lease {
    async fn begin(&mut self) -> Result<(), SqlError> {
        match &mut self.connection {
            Connection::MySql(session) => session.run("BEGIN").await,
            Connection::Postgres(session) => session.run("BEGIN").await,
            // The one writer is this one from here on: a lock that is taken later can be refused.
            Connection::Sqlite(session) => session.run("BEGIN IMMEDIATE").await,
        }
    }
}

impl Shared {
    async fn log_in(&self) -> Result<(), LoginError> {
        if let Some(login) = &self.login {
            let password = login.password().await?;
            *self.password.lock().unwrap_or_else(PoisonError::into_inner) = Some(password);
        }
        Ok(())
    }

    /// Connects, if need be with a fresh password, and tries for some seconds if nobody is there yet. What is said at last
    /// is why the last try failed.
    async fn connect(&self) -> Result<Connection, SqlError> {
        // A token is only good for a while; a new connection needs a fresh one.
        if self.login.as_ref().is_some_and(Login::is_stale) {
            self.log_in()
                .await
                .map_err(|error| SqlError::login(&error))?;
        }
        let (began, mut pause) = (Instant::now(), Duration::from_millis(50));
        // Secrets are rotated while functions stay warm: a password that is refused is read again.
        let mut may_log_in = self.login.as_ref().is_some_and(Login::may_have_changed);
        loop {
            let error = match timeout(CONNECT, self.connect_once()).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => error,
                Err(_) => return Err(self.silent()),
            };
            match error.kind() {
                Kind::Login if may_log_in => {
                    may_log_in = false;
                    self.log_in()
                        .await
                        .map_err(|error| SqlError::login(&error))?;
                }
                Kind::Busy if began.elapsed() + pause < AGAIN => {
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE);
                }
                _ => return Err(self.unreached(error)),
            }
        }
    }

    async fn connect_once(&self) -> Result<Connection, SqlError> {
        let password = self
            .password
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (password, zone) = (password.as_deref(), self.zone.as_deref());
        Ok(match &self.address {
            Address::MySql(server) => {
                let pem = self.pem.as_deref();
                let connected = mysql::Session::connect(server, password, pem, zone);
                Connection::MySql(Box::pin(connected).await?)
            }
            Address::Postgres(server) => {
                let connected = postgres::Session::connect(server, password, &self.tls, zone);
                Connection::Postgres(Box::pin(connected).await?)
            }
            Address::Sqlite(file) => Connection::Sqlite(sqlite::Session::connect(file).await?),
        })
    }

    /// Nobody refused and nobody answered: packets are dropped on the way.
    fn silent(&self) -> SqlError {
        self.unreached(SqlError::new(
            "no answer within 10 seconds: is there a way there, and does the security group of the database let this \
             function in?",
            Kind::Other,
        ))
    }

    fn unreached(&self, error: SqlError) -> SqlError {
        match self.address.server() {
            Some(server) => SqlError::new(
                format!("no connection to {}:{}: {error}", server.host, server.port),
                error.kind(),
            ),
            None => error,
        }
    }
}
