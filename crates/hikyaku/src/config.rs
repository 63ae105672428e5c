//! Configuration: the one place where the environment is read.

use std::env::VarError;
use std::num::NonZeroUsize;

use tracing::level_filters::LevelFilter;

/// What a function is told by its environment. [`Config::from_lookup`] with nothing gives the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `HIKYAKU_LEDGER_TABLE`: the DynamoDB table that remembers what is done. Default `hikyaku`.
    pub ledger_table: String,
    /// `HIKYAKU_FAILED_TABLE`: the table of failed jobs, in Laravel's schema. Default `failed_jobs`.
    pub failed_table: String,
    /// `HIKYAKU_APPLICATION`: the partition key of the failed jobs, which is Laravel's `APP_NAME`. Default `Laravel`.
    pub application: String,
    /// `HIKYAKU_CONNECTION`: the name of the queue connection that `queue:retry` sends a failed job to. Default `sqs`.
    pub connection: String,
    /// `HIKYAKU_FAILED_DAYS`: for how many days a failed job is kept. Default 7, as in Laravel.
    pub failed_days: u32,
    /// `HIKYAKU_QUEUE_URL`: where a job goes to be tried again that came from no queue (a schedule, a direct
    /// invocation). Default: nowhere; then the invocation fails instead.
    pub queue_url: Option<String>,
    /// `HIKYAKU_CONCURRENCY`: how many jobs of one batch run at once. Default: what the worker says, 10.
    pub concurrency: Option<usize>,
    /// `AWS_REGION`. Default `us-east-1`.
    pub region: String,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub sqs_endpoint: Option<String>,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, as Lambda sets them.
    pub credentials: Option<Credentials>,
    /// `AWS_LAMBDA_LOG_LEVEL`: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`. Default `INFO`.
    pub log_level: LevelFilter,
    /// Whether the process was started by Lambda (`AWS_LAMBDA_RUNTIME_API` is set).
    pub under_lambda: bool,
}

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The key's id.
    pub key_id: String,
    /// The key.
    pub secret: String,
    /// The session's token, for temporary keys.
    pub session: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// A setting that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable `{name}` is `{value}`, expected {expected}")]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// What it should say.
    pub expected: &'static str,
}

impl Config {
    /// Reads the process's environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the environment is read"
    )]
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(value)) => Err(ConfigError {
                name,
                value: value.to_string_lossy().into_owned(),
                expected: "valid Unicode",
            }),
        })
    }

    /// Reads from anything that knows variables by name. An empty value counts as none.
    pub fn from_lookup(
        lookup: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let get = |name| Ok::<_, ConfigError>(lookup(name)?.filter(|value| !value.is_empty()));
        let or = |name, default: &str| {
            Ok::<_, ConfigError>(get(name)?.unwrap_or_else(|| default.to_owned()))
        };
        let everywhere = get("AWS_ENDPOINT_URL")?;
        let credentials = match (get("AWS_ACCESS_KEY_ID")?, get("AWS_SECRET_ACCESS_KEY")?) {
            (Some(key_id), Some(secret)) => Some(Credentials {
                key_id,
                secret,
                session: get("AWS_SESSION_TOKEN")?,
            }),
            _ => None,
        };
        Ok(Self {
            ledger_table: or("HIKYAKU_LEDGER_TABLE", "hikyaku")?,
            failed_table: or("HIKYAKU_FAILED_TABLE", "failed_jobs")?,
            application: or("HIKYAKU_APPLICATION", "Laravel")?,
            connection: or("HIKYAKU_CONNECTION", "sqs")?,
            failed_days: number("HIKYAKU_FAILED_DAYS", get("HIKYAKU_FAILED_DAYS")?)?.unwrap_or(7),
            queue_url: get("HIKYAKU_QUEUE_URL")?,
            concurrency: number("HIKYAKU_CONCURRENCY", get("HIKYAKU_CONCURRENCY")?)?
                .map(NonZeroUsize::get),
            region: or("AWS_REGION", "us-east-1")?,
            dynamodb_endpoint: get("AWS_ENDPOINT_URL_DYNAMODB")?.or_else(|| everywhere.clone()),
            sqs_endpoint: get("AWS_ENDPOINT_URL_SQS")?.or(everywhere),
            credentials,
            log_level: level(get("AWS_LAMBDA_LOG_LEVEL")?)?,
            under_lambda: get("AWS_LAMBDA_RUNTIME_API")?.is_some(),
        })
    }
}

/// The level as a name that tracing knows: there is nothing above an error there.
fn level(value: Option<String>) -> Result<LevelFilter, ConfigError> {
    let name = value.as_deref().map(str::to_ascii_uppercase);
    match name.as_deref() {
        Some("TRACE") => Ok(LevelFilter::TRACE),
        Some("DEBUG") => Ok(LevelFilter::DEBUG),
        Some("INFO") | None => Ok(LevelFilter::INFO),
        Some("WARN") => Ok(LevelFilter::WARN),
        Some("ERROR" | "FATAL") => Ok(LevelFilter::ERROR),
        Some(_) => Err(ConfigError {
            name: "AWS_LAMBDA_LOG_LEVEL",
            value: value.unwrap_or_default(),
            expected: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL",
        }),
    }
}

fn number<N: std::str::FromStr>(
    name: &'static str,
    value: Option<String>,
) -> Result<Option<N>, ConfigError> {
    value
        .map(|value| {
            value.parse().map_err(|_| ConfigError {
                name,
                value,
                expected: "a whole number",
            })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_gives_the_documented_defaults() {
        let config = Config::from_lookup(|_| Ok(None)).unwrap();
        assert_eq!(config.ledger_table, "hikyaku");
        assert_eq!(config.failed_table, "failed_jobs");
        assert_eq!(config.application, "Laravel");
        assert_eq!(config.failed_days, 7);
        assert!(!config.under_lambda);
    }

    #[test]
    fn a_number_that_is_none_names_its_variable() {
        let error = Config::from_lookup(|name| {
            Ok((name == "HIKYAKU_CONCURRENCY").then(|| "many".to_owned()))
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable `HIKYAKU_CONCURRENCY` is `many`, expected a whole number"
        );
    }

    #[test]
    fn credentials_do_not_show_their_secret() {
        let credentials = Credentials {
            key_id: "AKIA".to_owned(),
            secret: "hush".to_owned(),
            session: None,
        };
        assert!(!format!("{credentials:?}").contains("hush"));
    }
}
