//! The function's settings, and the only place that reads the environment.

use hikyaku::Config;
use hikyaku::core::Defaults;
use hikyaku::secrets::{NotAPlace, ValueFrom};
use url::{Host, Url};

use crate::keys::{Keys, NotAKey};
use crate::task::TaskSettings;

/// The function's settings.
///
/// | variable | what it says |
/// |---|---|
/// | `HIKYAKU_PHP_URL` | where the application takes jobs: `https://app.example.com/hikyaku/jobs`; `http://` only on this machine |
/// | `HIKYAKU_PHP_KEY` | the key that `php artisan hikyaku:install` made; several, separated by commas, while it is being changed |
/// | `HIKYAKU_PHP_KEY_FROM` | instead, and then that one is empty: where the key is kept, as ECS's `valueFrom` names it ([`ValueFrom`]). One request a process, and one more after the application has refused the key |
/// | `HIKYAKU_PHP_TRIES` | `queue:work --tries`, for classes that say nothing of it. Default 1, 0 is without limit |
/// | `HIKYAKU_PHP_BACKOFF` | `queue:work --backoff` in seconds, or several: `10,60`. Default 0 |
/// | `HIKYAKU_PHP_TIMEOUT` | `queue:work --timeout` in seconds. Default 60 |
/// | `HIKYAKU_TASK_…` | where classes run that take longer: [`TaskSettings`] |
///
/// and hikyaku's own ([`Config`]): `HIKYAKU_CONCURRENCY` is how many jobs a process hands over at once.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// `HIKYAKU_PHP_URL`.
    pub url: Url,
    /// `HIKYAKU_PHP_KEY` or `HIKYAKU_PHP_KEY_FROM`.
    pub key: KeyFrom,
    /// What holds for classes that say nothing of it.
    pub defaults: Defaults,
    /// Where jobs run that are too long for a request; none: nowhere.
    pub tasks: Option<TaskSettings>,
    /// AWS's region and keys, the connection's name.
    pub aws: Config,
}

/// Where the keys are.
#[derive(Debug, Clone)]
pub enum KeyFrom {
    /// Here.
    Given(Keys),
    /// They are read when they are first needed, and again when the application refuses them.
    Kept(ValueFrom),
}

/// Which setting cannot be used. No text of it shows a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable that has no default is not set.
    #[error("could not read the settings: {0} is not set")]
    Missing(&'static str),
    /// `HIKYAKU_PHP_URL`.
    #[error(
        "could not read the settings: HIKYAKU_PHP_URL has to be an https:// URL without a user, query or fragment (http:// only to 127.0.0.1, ::1 or localhost)"
    )]
    Url,
    /// `HIKYAKU_PHP_KEY`.
    #[error("could not read the settings: HIKYAKU_PHP_KEY cannot be used")]
    Key(#[source] NotAKey),
    /// A key, and a place where one is kept: which of them the application has, only its owner knows.
    #[error(
        "could not read the settings: HIKYAKU_PHP_KEY has to be empty, because HIKYAKU_PHP_KEY_FROM says where the key is"
    )]
    KeyTwice,
    /// `HIKYAKU_PHP_KEY_FROM`.
    #[error("could not read the settings: HIKYAKU_PHP_KEY_FROM cannot be used")]
    KeyFrom(#[source] NotAPlace),
    /// `HIKYAKU_TASK_PUBLIC_IP`.
    #[error("could not read the settings: HIKYAKU_TASK_PUBLIC_IP is `{0}`, expected true or false")]
    PublicIp(String),
    /// A number that is none.
    #[error("could not read the settings: {name} is `{value}`, expected {expected}")]
    Number {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
        /// What it should say.
        expected: &'static str,
    },
    /// What hikyaku's own variables say.
    #[error("could not read the settings")]
    Aws(#[source] hikyaku::config::ConfigError),
}

impl Settings {
    /// Reads the environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the settings are read"
    )]
    pub fn from_env() -> Result<Self, ConfigError> {
        let aws = Config::from_env().map_err(ConfigError::Aws)?;
        Self::from_lookup(|name| std::env::var(name).ok(), aws)
    }

    /// Reads the variables that `lookup` knows.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
        aws: Config,
    ) -> Result<Self, ConfigError> {
        let filled = |name| lookup(name).filter(|value| !value.trim().is_empty());
        let number = |name, default| match filled(name) {
            None => Ok(default),
            Some(value) => value.trim().parse().map_err(|_| ConfigError::Number {
                name,
                value,
                expected: "a whole number",
            }),
        };
        let url = filled("HIKYAKU_PHP_URL").ok_or(ConfigError::Missing("HIKYAKU_PHP_URL"))?;
        let key = match (filled("HIKYAKU_PHP_KEY"), filled("HIKYAKU_PHP_KEY_FROM")) {
            (Some(_), Some(_)) => return Err(ConfigError::KeyTwice),
            (Some(key), None) => KeyFrom::Given(Keys::parse(&key).map_err(ConfigError::Key)?),
            (None, Some(from)) => {
                KeyFrom::Kept(ValueFrom::parse(&from).map_err(ConfigError::KeyFrom)?)
            }
            (None, None) => return Err(ConfigError::Missing("HIKYAKU_PHP_KEY")),
        };
        let silent = Defaults::default();
        let tries = number("HIKYAKU_PHP_TRIES", silent.tries.into())?;
        Ok(Self {
            url: place(&url)?,
            key,
            defaults: Defaults {
                tries: u32::try_from(tries).unwrap_or(u32::MAX),
                backoff: match filled("HIKYAKU_PHP_BACKOFF") {
                    Some(text) => waits(&text)?,
                    None => silent.backoff,
                },
                timeout: number("HIKYAKU_PHP_TIMEOUT", silent.timeout)?,
            },
            tasks: TaskSettings::from_lookup(filled)?,
            aws,
        })
    }
}

fn place(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim()).map_err(|_| ConfigError::Url)?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    if is_plain && is_safe {
        Ok(url)
    } else {
        Err(ConfigError::Url)
    }
}

fn waits(text: &str) -> Result<Vec<u64>, ConfigError> {
    text.split(',')
        .map(|wait| {
            wait.trim().parse().map_err(|_| ConfigError::Number {
                name: "HIKYAKU_PHP_BACKOFF",
                value: text.to_owned(),
                expected: "seconds, or several separated by commas",
            })
        })
        .collect()
}
