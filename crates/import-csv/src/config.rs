//! The function's settings, and the only place that reads the environment.

use hikyaku::objects::{ObjectsConfig, ObjectsError};
use url::Url;

use crate::table::Tables;

/// The function's settings.
///
/// | variable | what it says |
/// |---|---|
/// | `DATABASE_URL` | `mysql://user:password@host/database`, `postgres://…` or `sqlite:///path` |
/// | `IMPORT_SOURCES` | what may be imported: `s3://bucket`, `s3://bucket/folder/`, `file:///folder/`, separated by spaces |
/// | `IMPORT_TABLES` | what may be imported into: JSON, below |
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
    /// `DATABASE_URL`.
    pub database: String,
    /// `IMPORT_SOURCES` and how to reach them.
    pub objects: ObjectsConfig,
    /// `IMPORT_TABLES`.
    pub tables: Tables,
    /// `IMPORT_REJECTS_URL`.
    pub rejects: Option<Url>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the database: its URL has a password.
        formatter
            .debug_struct("Settings")
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
    /// `IMPORT_TABLES`.
    #[error("could not read the settings: IMPORT_TABLES cannot be used: {0}")]
    Tables(String),
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
        Ok(Self {
            database: required("DATABASE_URL")?,
            objects: ObjectsConfig::from_variables(sources, &variable)
                .map_err(ConfigError::Sources)?,
            tables,
            rejects: rejects
                .map(|text| url("IMPORT_REJECTS_URL", text.trim()))
                .transpose()?,
        })
    }
}

fn url(variable: &'static str, text: &str) -> Result<Url, ConfigError> {
    Url::parse(text).map_err(|_| ConfigError::Url {
        variable,
        text: text.to_owned(),
    })
}
