//! The function's settings, and the only place that reads the environment.

use std::num::NonZeroU64;

use hikyaku::Config;
use hikyaku::objects::{ObjectsConfig, ObjectsError};
use hikyaku::secrets::{NotAPlace, ValueFrom};
use jiff::tz::TimeZone;
use url::Url;

use crate::sql::{Authorities, AuthoritiesError, PasswordFrom};

use crate::table::Tables;

/// The function's settings.
///
/// | variable | what it says |
/// |---|---|
/// | `DATABASE_URL` | `mysql://user:password@host/database`, `postgres://…` or `sqlite:///path` |
/// | `DATABASE_PASSWORD_FROM` | optional: where the password is kept, as ECS's `valueFrom` names it ([`ValueFrom`]); it is read once, when the function starts, and again only if the database refuses it |
/// | `DATABASE_IAM` | optional: `1` logs in with a token of RDS, signed with the function's own keys; needs `DATABASE_CA` |
/// | `DATABASE_CA` | optional: `rds` for Amazon RDS's own authorities, or a PEM file; then nobody without such a certificate is spoken to |
/// | `DATABASE_CONNECTIONS` | optional: how many connections a process may open. Default 1: what is left for everybody else is then `max_connections` less the mapping's `MaximumConcurrency` |
/// | `DATABASE_TIMEZONE` | optional: the session's time zone, `+09:00` or `Asia/Tokyo`, as `timezone` of a connection in Laravel's config/database.php. By default the session keeps the server's, as Laravel's does |
/// | `APP_TIMEZONE` | optional: the zone of `created_at` and `updated_at`, as `timezone` of Laravel's config/app.php. Default `UTC`, as there |
/// | `IMPORT_SOURCES` | what may be imported: `s3://bucket`, `s3://bucket/folder/`, `file:///folder/`, separated by spaces |
/// | `IMPORT_TABLES` | what may be imported into: JSON, below |
/// | `IMPORT_SLICE_ROWS` | optional: after about so many rows an import gives way to other messages of its queue, and goes on later; by default it goes on as long as the invocation has time |
/// | `IMPORT_REJECTS_URL` | optional: the prefix that rejected rows are written under |
///
/// and AWS's own, see [`ObjectsConfig::from_variables`]. The tables, as template.yaml has them:
///
/// ```yaml
/// IMPORT_TABLES: >-
///   {"customers": {"columns": {
///     "email": {"type": "string", "required": true, "max": 255},
///     "name":  {"type": "string", "header": "氏名"},
///     "age":   {"type": "integer", "min": 0, "max": 150}
///   }}}
/// ```
///
/// The types are those of [`Kind`](crate::Kind), the settings of a column those of [`Column`](crate::Column).
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Which database, and how it is logged in to.
    pub database: DatabaseSettings,
    /// AWS's region, keys and endpoints.
    pub aws: Config,
    /// `IMPORT_SOURCES` and how to reach them.
    pub objects: ObjectsConfig,
    /// `IMPORT_TABLES`.
    pub tables: Tables,
    /// `APP_TIMEZONE`.
    pub zone: TimeZone,
    /// `IMPORT_SLICE_ROWS`.
    pub slice_rows: Option<NonZeroU64>,
    /// `IMPORT_REJECTS_URL`.
    pub rejects: Option<Url>,
}

/// The database.
#[derive(Clone)]
#[non_exhaustive]
pub struct DatabaseSettings {
    /// `DATABASE_URL`.
    pub url: String,
    /// `DATABASE_PASSWORD_FROM` or `DATABASE_IAM`; none: the password is in the URL.
    pub password_from: Option<PasswordFrom>,
    /// `DATABASE_CA`; none: whatever the URL says of TLS.
    pub authorities: Option<Authorities>,
    /// `DATABASE_CONNECTIONS`.
    pub connections: u32,
    /// `DATABASE_TIMEZONE`.
    pub zone: Option<String>,
}

impl DatabaseSettings {
    /// A database by its URL alone.
    pub fn of(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password_from: None,
            authorities: None,
            connections: 1,
            zone: None,
        }
    }
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the URL: it has a password.
        formatter
            .debug_struct("DatabaseSettings")
            .field("password_from", &self.password_from)
            .field("authorities", &self.authorities)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("database", &self.database)
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}

/// Which setting cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable that has no default is not set.
    #[error("could not read the settings: {0} is not set")]
    Missing(&'static str),
    /// `DATABASE_URL`; the error does not show it.
    #[error(
        "could not read the settings: DATABASE_URL has to be a mysql://, postgres:// or sqlite:// URL"
    )]
    Database,
    /// A parameter of `DATABASE_URL`.
    #[error(
        "could not read the settings: DATABASE_URL has a parameter `{0}` that is not known or has another value than \
         expected: ssl-mode and ssl-ca (MySQL), sslmode, sslrootcert and options (PostgreSQL), mode=rwc (SQLite) are"
    )]
    DatabaseParameter(String),
    /// What TLS would need.
    #[error("could not read the settings: the database's certificate could not be verified")]
    Tls(#[source] rustls::Error),
    /// `DATABASE_TIMEZONE` or `APP_TIMEZONE`.
    #[error(
        "could not read the settings: {variable} is `{text}`, expected a time zone such as Asia/Tokyo"
    )]
    Zone {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        text: String,
    },
    /// `DATABASE_PASSWORD_FROM` or `DATABASE_IAM` for a file.
    #[error(
        "could not read the settings: a sqlite:// database has no password; take DATABASE_PASSWORD_FROM and DATABASE_IAM away"
    )]
    Password,
    /// `DATABASE_PASSWORD_FROM`.
    #[error("could not read the settings: DATABASE_PASSWORD_FROM cannot be used")]
    PasswordFrom(#[source] NotAPlace),
    /// `DATABASE_IAM` without what it needs, or beside a password.
    #[error("could not read the settings: DATABASE_IAM {0}")]
    Iam(&'static str),
    /// `DATABASE_CA`.
    #[error("could not read the settings: DATABASE_CA cannot be used")]
    Authorities(#[source] AuthoritiesError),
    /// `DATABASE_CONNECTIONS`.
    #[error(
        "could not read the settings: DATABASE_CONNECTIONS is `{0}`, expected a number from 1 to 100"
    )]
    Connections(String),
    /// What AWS's own variables say.
    #[error("could not read the settings")]
    Aws(#[source] hikyaku::config::ConfigError),
    /// `IMPORT_TABLES`.
    #[error("could not read the settings: IMPORT_TABLES cannot be used: {0}")]
    Tables(String),
    /// `IMPORT_SLICE_ROWS`.
    #[error("could not read the settings: IMPORT_SLICE_ROWS is `{0}`, expected a number over 0")]
    SliceRows(String),
    /// A variable that should hold a URL.
    #[error("could not read the settings: {variable} holds something that is no URL: `{text}`")]
    Url {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        text: String,
    },
    /// `IMPORT_SOURCES`.
    #[error("could not read the settings: IMPORT_SOURCES cannot be used")]
    Sources(#[source] ObjectsError),
    /// `IMPORT_REJECTS_URL`.
    #[error("could not read the settings: IMPORT_REJECTS_URL cannot be used")]
    Rejects(#[source] ObjectsError),
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads the settings from any other place.
    ///
    /// # Errors
    /// A variable is missing or cannot be used.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let required = |name| {
            variable(name)
                .filter(|text| !text.trim().is_empty())
                .ok_or(ConfigError::Missing(name))
        };
        let tables: Tables = serde_json::from_str(&required("IMPORT_TABLES")?)
            .map_err(|error| ConfigError::Tables(error.to_string()))?;
        if let Some(problem) = tables.problem() {
            return Err(ConfigError::Tables(problem));
        }
        let sources = required("IMPORT_SOURCES")?;
        let sources = sources
            .split_whitespace()
            .map(|text| url("IMPORT_SOURCES", text))
            .collect::<Result<_, _>>()?;
        let rejects = variable("IMPORT_REJECTS_URL").filter(|text| !text.trim().is_empty());
        let slice_rows = variable("IMPORT_SLICE_ROWS").filter(|text| !text.trim().is_empty());
        let slice_rows = slice_rows
            .map(|text| {
                text.trim()
                    .parse()
                    .map_err(|_| ConfigError::SliceRows(text))
            })
            .transpose()?;
        let zone = variable("APP_TIMEZONE").filter(|text| !text.trim().is_empty());
        let zone = zone.map_or(Ok(TimeZone::UTC), |text| {
            TimeZone::get(text.trim()).map_err(|_| ConfigError::Zone {
                variable: "APP_TIMEZONE",
                text,
            })
        })?;
        Ok(Self {
            zone,
            slice_rows,
            database: database(required("DATABASE_URL")?, &variable)?,
            aws: Config::from_lookup(|name| Ok(variable(name))).map_err(ConfigError::Aws)?,
            objects: ObjectsConfig::from_variables(sources, &variable)
                .map_err(ConfigError::Sources)?,
            tables,
            rejects: rejects
                .map(|text| url("IMPORT_REJECTS_URL", text.trim()))
                .transpose()?,
        })
    }
}

fn database(
    url: String,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<DatabaseSettings, ConfigError> {
    let optional = |name| variable(name).filter(|text| !text.trim().is_empty());
    let authorities = optional("DATABASE_CA").map(|text| match text.trim() {
        "rds" => Authorities::Rds,
        path => Authorities::File(path.into()),
    });
    let secret = optional("DATABASE_PASSWORD_FROM")
        .map(|text| ValueFrom::parse(&text).map_err(ConfigError::PasswordFrom))
        .transpose()?;
    let password_from = match (optional("DATABASE_IAM").as_deref(), secret) {
        (None | Some("0"), secret) => secret.map(PasswordFrom::Secret),
        (Some("1"), None) if authorities.is_some() => Some(PasswordFrom::Iam),
        (Some("1"), None) => {
            return Err(ConfigError::Iam(
                "sends its token over TLS only: set DATABASE_CA=rds",
            ));
        }
        (Some("1"), Some(_)) => {
            return Err(ConfigError::Iam(
                "and DATABASE_PASSWORD_FROM are two passwords: take one away",
            ));
        }
        (Some(_), _) => return Err(ConfigError::Iam("is neither 0 nor 1")),
    };
    let connections = match optional("DATABASE_CONNECTIONS") {
        None => 1,
        Some(text) => match text.trim().parse() {
            Ok(connections @ 1..=100) => connections,
            _ => return Err(ConfigError::Connections(text)),
        },
    };
    let zone = match optional("DATABASE_TIMEZONE") {
        Some(text) if !is_zone(text.trim()) => {
            let variable = "DATABASE_TIMEZONE";
            return Err(ConfigError::Zone { variable, text });
        }
        zone => zone.map(|text| text.trim().to_owned()),
    };
    Ok(DatabaseSettings {
        url,
        password_from,
        authorities,
        connections,
        zone,
    })
}

/// What names of zones and differences to UTC are made of; it stands in a statement.
fn is_zone(text: &str) -> bool {
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-:".contains(&byte);
    text.bytes().all(of_a_name)
}

fn url(variable: &'static str, text: &str) -> Result<Url, ConfigError> {
    Url::parse(text).map_err(|_| ConfigError::Url {
        variable,
        text: text.to_owned(),
    })
}
