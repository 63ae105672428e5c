//! Passwords that are not in the database's URL: read from where they are kept, or made for each connection.

use std::sync::Mutex;
use std::time::Duration;

use hikyaku::core::{Clock as _, Timestamp};
use hikyaku::rds::{self, TOKEN_VALID, TokenError};
use hikyaku::secrets::{SecretError, ValueFrom};
use hikyaku::{Config, SystemClock};

/// How long a token is used: it is good for a third longer, which is time enough to connect.
const FRESH: Duration = Duration::from_secs(TOKEN_VALID.as_secs() * 2 / 3);

/// Where the password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordFrom {
    /// `DATABASE_PASSWORD_FROM`: it is kept in Secrets Manager or Parameter Store.
    Secret(ValueFrom),
    /// `DATABASE_IAM`: it is a token of RDS, signed with the function's own keys.
    Iam,
}

/// A password could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// It is kept elsewhere, and could not be read there.
    #[error("reading the database's password")]
    Secret(#[from] SecretError),
    /// It could not be made.
    #[error("making the database's password")]
    Token(#[from] TokenError),
    /// There is nothing to sign a token with.
    #[error(
        "making the database's password: DATABASE_IAM needs AWS credentials, and there are none"
    )]
    NoKeys,
}

/// Gets passwords for one user of one database.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) from: PasswordFrom,
    pub(crate) config: Config,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) made: Mutex<Option<Timestamp>>,
}

impl Login {
    /// A password: one request to where it is kept, none for a token.
    pub(crate) async fn password(&self) -> Result<String, LoginError> {
        match &self.from {
            PasswordFrom::Secret(from) => Ok(from.read(&self.config).await?),
            PasswordFrom::Iam => {
                let keys = self.config.credentials.as_ref().ok_or(LoginError::NoKeys)?;
                let login = rds::Login {
                    host: self.host.clone(),
                    port: self.port,
                    user: self.user.clone(),
                    region: self.config.region.clone(),
                };
                let token = login.token(keys)?;
                if let Ok(mut made) = self.made.lock() {
                    *made = Some(SystemClock.now());
                }
                Ok(token)
            }
        }
    }

    /// Whether the password in use may be too old for the next connection.
    pub(crate) fn is_stale(&self) -> bool {
        let made = self.made.lock().ok().and_then(|made| *made);
        match self.from {
            PasswordFrom::Secret(_) => false,
            PasswordFrom::Iam => made.is_none_or(|made| made.until(SystemClock.now()) > FRESH),
        }
    }

    /// Whether another password may be there if this one is refused: a secret may have been rotated.
    pub(crate) fn may_have_changed(&self) -> bool {
        matches!(self.from, PasswordFrom::Secret(_))
    }
}
