//! Passwords for RDS that are made, not kept: a signed URL that says who may connect as whom for a quarter of an hour.

use std::time::Duration;

use aws_credential_types::Credentials;
use hikyaku_core::{Clock as _, Timestamp};

use crate::{SystemClock, signed};

/// A token is taken for so long after it was made; a connection that stands may stand longer
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>).
pub const TOKEN_VALID: Duration = Duration::from_mins(15);

/// A token cannot be made: host or user cannot be part of a URL.
#[derive(Debug, thiserror::Error)]
#[error("making an IAM token for `{user}` at `{host}:{port}`")]
pub struct TokenError {
    host: String,
    port: u16,
    user: String,
    source: aws_smithy_runtime_api::box_error::BoxError,
}

/// Who connects to which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The database's host, as its endpoint names it: the token is good for no other name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database's user, one that has to log in by IAM (`rds_iam`, `AWSAuthenticationPlugin`).
    pub user: String,
    /// The database's region.
    pub region: String,
}

impl Login {
    /// Makes a token: the password for a connection that is opened within [`TOKEN_VALID`]. No request. The function's
    /// role needs `rds-db:connect` on the user; RDS takes the token over TLS only.
    ///
    /// # Errors
    /// Host or user cannot be part of a URL.
    pub fn token(&self, keys: &crate::config::Credentials) -> Result<String, TokenError> {
        self.token_at(keys, SystemClock.now())
    }

    fn token_at(
        &self,
        keys: &crate::config::Credentials,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        let credentials = Credentials::new(
            &keys.key_id,
            &keys.secret,
            keys.session.clone(),
            None,
            "environment",
        );
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("Action", "connect")
            .append_pair("DBUser", &self.user);
        let url = format!("https://{}:{}/?{}", self.host, self.port, query.finish());
        let now = now.as_millis();
        signed::presigned("rds-db", &url, &self.region, credentials, TOKEN_VALID, now)
            .map(|url| url.trim_start_matches("https://").to_owned())
            .map_err(|source| TokenError {
                host: self.host.clone(),
                port: self.port,
                user: self.user.clone(),
                source,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What botocore 1.44.5's `generate_db_auth_token` makes at 2026-11-26 09:00:00 UTC.
    #[test]
    fn a_token_is_that_of_aws_own_library() {
        let login = Login {
            host: "db.abc123.ap-northeast-1.rds.amazonaws.com".to_owned(),
            port: 3306,
            user: "jobs@app".to_owned(),
            region: "ap-northeast-1".to_owned(),
        };
        for (session, end) in [
            (
                None,
                "&X-Amz-Signature=fddbb11297acd669f4d997731b0ff927dd0ff9ecda9d344477da8121725009a7",
            ),
            (
                Some("session/+=token"),
                "&X-Amz-Security-Token=session%2F%2B%3Dtoken&X-Amz-Signature=1a9156036314c894044a78733c880e59a6b3a1f46aff4bbf05049d28aaae3b7a",
            ),
        ] {
            let keys = crate::config::Credentials {
                key_id: "AKIDEXAMPLE".to_owned(),
                secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
                session: session.map(str::to_owned),
            };
            let now = Timestamp::from_secs(1_795_683_600);
            let token = login.token_at(&keys, now).unwrap();
            let expected = format!(
                "db.abc123.ap-northeast-1.rds.amazonaws.com:3306/?Action=connect&DBUser=jobs%40app\
                 &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261126%2Fap-northeast-1%2Frds-db%2Faws4_request\
                 &X-Amz-Date=20261126T090000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host{end}"
            );
            let sorted = |text: &str| {
                let (_, query) = text.split_once('?').unwrap();
                let mut pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
                pairs.sort();
                pairs
            };
            assert_eq!(sorted(&token), sorted(&expected));
            assert!(token.starts_with("db.abc123.ap-northeast-1.rds.amazonaws.com:3306/?"));
        }
    }
}
