//! What `DATABASE_URL` says.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use super::tls::Tls;
use crate::config::ConfigError;

/// Where a database is, who asks it, and how it is encrypted.
#[derive(Clone)]
pub(crate) enum Address {
    MySql(Server),
    Postgres(Server),
    Sqlite(File),
}

/// A server's database.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    pub(crate) tls: Tls,
    /// PEM file of the authorities that the certificate has to come from.
    pub(crate) authorities: Option<PathBuf>,
    /// PostgreSQL's command line options, `-c search_path=app`.
    pub(crate) options: Option<String>,
}

/// SQLite's.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) path: String,
    /// `?mode=rwc`: it is made if it is not there.
    pub(crate) create: bool,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let scheme = text.split(':').next().unwrap_or_default();
        match scheme {
            "mysql" | "mariadb" => Server::parse(text, 3306).map(Self::MySql),
            "postgres" | "postgresql" => Server::parse(text, 5432).map(Self::Postgres),
            "sqlite" => File::parse(text).map(Self::Sqlite),
            _ => Err(ConfigError::Database),
        }
    }

    pub(crate) fn server(&self) -> Option<&Server> {
        match self {
            Self::MySql(server) | Self::Postgres(server) => Some(server),
            Self::Sqlite(_) => None,
        }
    }

    pub(crate) fn server_mut(&mut self) -> Option<&mut Server> {
        match self {
            Self::MySql(server) | Self::Postgres(server) => Some(server),
            Self::Sqlite(_) => None,
        }
    }
}

fn decoded(text: &str) -> Result<String, ConfigError> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned)
        .map_err(|_| ConfigError::Database)
}

impl Server {
    fn parse(text: &str, port: u16) -> Result<Self, ConfigError> {
        let url = Url::parse(text).map_err(|_| ConfigError::Database)?;
        let database = decoded(url.path().trim_start_matches('/'))?;
        if database.is_empty() {
            return Err(ConfigError::Database);
        }
        let mut server = Self {
            host: url.host_str().unwrap_or("localhost").to_owned(),
            port: url.port().unwrap_or(port),
            user: decoded(url.username())?,
            password: url.password().map(decoded).transpose()?,
            database,
            tls: Tls::Preferred,
            authorities: None,
            options: None,
        };
        // An IPv6 address stands in brackets in a URL only.
        server.host = server.host.trim_matches(['[', ']']).to_owned();
        for (name, value) in url.query_pairs() {
            let refused = || ConfigError::DatabaseParameter(name.clone().into_owned());
            match &*name {
                "ssl-mode" | "sslmode" => server.tls = Tls::named(&value).ok_or_else(refused)?,
                "ssl-ca" | "sslrootcert" => server.authorities = Some(PathBuf::from(&*value)),
                "options" if text.starts_with("postgres") => {
                    server.options = Some(value.into_owned());
                }
                // What every connection has anyway, and Laravel's URLs name.
                "charset" if matches!(&*value, "utf8mb4" | "utf8") => {}
                _ => return Err(refused()),
            }
        }
        Ok(server)
    }
}

impl File {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let rest = text.trim_start_matches("sqlite:").trim_start_matches("//");
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let create = match query {
            "" | "mode=rw" => false,
            "mode=rwc" => true,
            _ => return Err(ConfigError::DatabaseParameter(query.to_owned())),
        };
        Ok(Self {
            path: decoded(path)?,
            create,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        Address::parse(url).unwrap().server().unwrap().clone()
    }

    #[test]
    fn user_and_password_may_have_any_character() {
        let server = server("mysql://a%40b:p%2F%3A+%25@[::1]:3307/%E9%A1%A7%E5%AE%A2");
        assert_eq!(server.user, "a@b");
        assert_eq!(server.password.unwrap(), "p/:+%");
        assert_eq!(
            (server.host.as_str(), server.port, server.database.as_str()),
            ("::1", 3307, "顧客")
        );
    }

    #[test]
    fn both_databases_words_for_tls_are_read() {
        for (url, tls) in [
            ("mysql://a@h/d", Tls::Preferred),
            ("mysql://a@h/d?ssl-mode=DISABLED", Tls::Disabled),
            ("mysql://a@h/d?ssl-mode=VERIFY_CA", Tls::Authority),
            ("postgres://a@h/d?sslmode=require", Tls::Required),
            ("postgresql://a@h/d?sslmode=verify-full", Tls::Identity),
        ] {
            assert_eq!(server(url).tls, tls, "{url}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_known_is_named_and_not_passed_over() {
        for url in [
            "mysql://a@h/d?ssl_mode=REQUIRED",
            "postgres://a@h/d?sslmode=yes",
            "mysql://a@h/d?options=-c",
            "sqlite:///a.db?mode=memory",
        ] {
            let error = Address::parse(url).err().unwrap().to_string();
            assert!(error.contains("DATABASE_URL has"), "{error}");
        }
    }
}
