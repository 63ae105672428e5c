//! Configuration: the one place where the environment is read.

use std::env::VarError;
use std::num::NonZeroUsize;
use std::time::Duration;

use hikyaku_core::Queues;
use hikyaku_laravel::encrypter::{Cipher, Encrypter};
use tracing::level_filters::LevelFilter;
use url::Url;

use crate::metrics::Detail;
use crate::secrets::{SecretError, ValueFrom};

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
    /// `HIKYAKU_QUEUE_VISIBILITY`: the visibility timeout of the function's queue, in seconds. Up to 120 s it spares the requests
    /// that keep messages hidden. Default: not known.
    pub queue_visibility: Option<Duration>,
    /// `SQS_PREFIX`, `SQS_SUFFIX` and `SQS_QUEUE`, as in the application's `config/queue.php`: how the queue of the next
    /// job of a chain is found. Without a prefix it is in the account of the queue that the message came from.
    pub queues: Queues,
    /// `HIKYAKU_RELAY_QUEUE_URL`: a queue that PHP works off, for what only PHP can do. Default: none; then a message that
    /// needs it is refused.
    pub relay_queue_url: Option<String>,
    /// `HIKYAKU_RELAY_JOB`: what is called there. Default `App\Queue\HikyakuRelay@handle`.
    pub relay_job: String,
    /// `HIKYAKU_FALLBACK_QUEUE_URL`: where messages go that this function cannot run. Default: nowhere; they are buried.
    pub fallback_queue_url: Option<String>,
    /// `HIKYAKU_BATCH_TABLE`: Laravel's `job_batches` in DynamoDB. Default: out of reach; then PHP is asked to count.
    pub batch_table: Option<String>,
    /// `HIKYAKU_CACHE_TABLE`, `HIKYAKU_CACHE_PREFIX` and `HIKYAKU_CACHE_STORE`: Laravel's cache in DynamoDB, where its
    /// locks are. Default: out of reach.
    pub cache: Option<CacheTable>,
    /// `HIKYAKU_OVERFLOW_URL`: the disk and directory of the cache store `storage` that Laravel's `overflow` names:
    /// `s3://bucket/path`. Default: the cache table, if there is one.
    pub overflow_url: Option<Url>,
    /// `HIKYAKU_OVERFLOW_PREFIX`: that store's prefix. Default: `HIKYAKU_CACHE_PREFIX`, else none.
    pub overflow_prefix: String,
    /// `HIKYAKU_APP_KEY`, `HIKYAKU_PREVIOUS_KEYS` and `HIKYAKU_CIPHER`: the application's `APP_KEY`, `APP_PREVIOUS_KEYS`
    /// and `app.cipher`, for encrypted jobs.
    pub app_key: Option<AppKey>,
    /// `HIKYAKU_APP_KEY_FROM` and `HIKYAKU_PREVIOUS_KEYS_FROM`: where those keys are kept, if not in the environment. They are
    /// read once, when the function starts ([`with_secrets`](Self::with_secrets)).
    pub app_key_from: Option<KeysFrom>,
    /// `HIKYAKU_LOCAL_FILES`: whether `file://` may be used under Lambda. For the local cloud.
    pub local_files: bool,
    /// `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub s3_endpoint: Option<Url>,
    /// `HIKYAKU_CONCURRENCY`: how many jobs of one batch run at once. Default: what the worker says, 10.
    pub concurrency: Option<usize>,
    /// `AWS_REGION`. Default `us-east-1`.
    pub region: String,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub sqs_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub secrets_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM`, else `AWS_ENDPOINT_URL`. Default: AWS's own.
    pub ssm_endpoint: Option<String>,
    /// `AWS_USE_DUALSTACK_ENDPOINT`: whether AWS's own endpoints are those that IPv6 reaches too, for a VPC whose way out is an
    /// egress-only internet gateway. Default `false`.
    pub dual_stack: bool,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, as Lambda sets them.
    pub credentials: Option<Credentials>,
    /// `AWS_LAMBDA_LOG_LEVEL`: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`. Default `INFO`.
    pub log_level: LevelFilter,
    /// `HIKYAKU_METRICS`: `off`, `alarms`, `function` or `jobs`: which [metrics](crate::metrics) are written. Default `off`.
    pub metrics: Detail,
    /// The same level in Lambda's own words, of which `FATAL` has no like in [`log_level`](Self::log_level).
    pub log_level_name: String,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: where [spans](https://opentelemetry.io/docs/specs/otel/protocol/exporter/) are sent; the
    /// feature `otel` is needed for that. Default: nowhere.
    pub otlp_endpoint: Option<Url>,
    /// `AWS_LAMBDA_FUNCTION_NAME`. Default `unknown`.
    pub function_name: String,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MB. Default 128, Lambda's smallest.
    pub memory_mb: u32,
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

/// Laravel's cache store in DynamoDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheTable {
    /// `HIKYAKU_CACHE_TABLE`: the table.
    pub table: String,
    /// `HIKYAKU_CACHE_PREFIX`: the application's `cache.prefix`. Without it no lock would be found, so it has no default.
    pub prefix: String,
    /// `HIKYAKU_CACHE_STORE`: the store's name in `config/cache.php`. Default `dynamodb`.
    pub store: String,
}

/// The keys of an application's encrypter.
#[derive(Clone, PartialEq, Eq)]
pub struct AppKey {
    /// The key: `base64:…`.
    pub key: String,
    /// The keys before it, separated by commas.
    pub previous: String,
    /// The cipher.
    pub cipher: Cipher,
}

impl std::fmt::Debug for AppKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("AppKey")
            .field("cipher", &self.cipher)
            .finish_non_exhaustive()
    }
}

/// Where an application's keys are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysFrom {
    /// The key.
    pub key: ValueFrom,
    /// The keys before it, separated by commas.
    pub previous: Option<ValueFrom>,
    /// `HIKYAKU_CIPHER`.
    pub cipher: Cipher,
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

    /// Whether Lambda has started this process, also where the rest of the environment cannot be read.
    pub(crate) fn is_under_lambda() -> bool {
        std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
    }

    /// Reads what is kept elsewhere: one request for each secret, none if there is none.
    ///
    /// # Errors
    /// A secret cannot be read.
    pub async fn with_secrets(mut self) -> Result<Self, SecretError> {
        if let Some(from) = self.app_key_from.take() {
            let previous = match &from.previous {
                Some(previous) => previous.read(&self).await?,
                None => String::new(),
            };
            self.app_key = Some(AppKey {
                key: from.key.read(&self).await?,
                previous,
                cipher: from.cipher,
            });
        }
        Ok(self)
    }

    /// The application's encrypter, if its key is known. The error does not show the key.
    pub fn encrypter(&self) -> Result<Option<Encrypter>, ConfigError> {
        let Some(AppKey {
            key,
            previous,
            cipher,
        }) = &self.app_key
        else {
            return Ok(None);
        };
        let encrypter = Encrypter::new(key, previous, *cipher);
        encrypter.map(Some).map_err(|_| ConfigError {
            name: "HIKYAKU_APP_KEY",
            value: "(hidden)".to_owned(),
            expected: "a key of the length that HIKYAKU_CIPHER needs (32 bytes for aes-256, 16 for aes-128), as have HIKYAKU_PREVIOUS_KEYS",
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
        Ok(Self {
            ledger_table: or("HIKYAKU_LEDGER_TABLE", "hikyaku")?,
            failed_table: or("HIKYAKU_FAILED_TABLE", "failed_jobs")?,
            application: or("HIKYAKU_APPLICATION", "Laravel")?,
            connection: or("HIKYAKU_CONNECTION", "sqs")?,
            failed_days: number("HIKYAKU_FAILED_DAYS", get("HIKYAKU_FAILED_DAYS")?)?.unwrap_or(7),
            queue_url: get("HIKYAKU_QUEUE_URL")?,
            queue_visibility: visibility(get)?,
            queues: Queues {
                connection: or("HIKYAKU_CONNECTION", "sqs")?,
                prefix: or("SQS_PREFIX", "")?,
                suffix: or("SQS_SUFFIX", "")?,
                default: get("SQS_QUEUE")?,
            },
            relay_queue_url: get("HIKYAKU_RELAY_QUEUE_URL")?,
            relay_job: or("HIKYAKU_RELAY_JOB", "App\\Queue\\HikyakuRelay@handle")?,
            fallback_queue_url: get("HIKYAKU_FALLBACK_QUEUE_URL")?,
            batch_table: get("HIKYAKU_BATCH_TABLE")?,
            overflow_url: url(
                "HIKYAKU_OVERFLOW_URL",
                get("HIKYAKU_OVERFLOW_URL")?,
                "a URL, such as s3://bucket/path",
            )?,
            overflow_prefix: match get("HIKYAKU_OVERFLOW_PREFIX")? {
                Some(prefix) => prefix,
                None => or("HIKYAKU_CACHE_PREFIX", "")?,
            },
            cache: cache(get)?,
            app_key: app_key(get)?,
            app_key_from: app_key_from(get)?,
            local_files: get("HIKYAKU_LOCAL_FILES")?.as_deref() == Some("1"),
            s3_endpoint: url(
                "AWS_ENDPOINT_URL_S3",
                get("AWS_ENDPOINT_URL_S3")?.or_else(|| everywhere.clone()),
                "a URL, such as http://127.0.0.1:9000",
            )?,
            concurrency: number("HIKYAKU_CONCURRENCY", get("HIKYAKU_CONCURRENCY")?)?
                .map(NonZeroUsize::get),
            region: or("AWS_REGION", "us-east-1")?,
            dynamodb_endpoint: get("AWS_ENDPOINT_URL_DYNAMODB")?.or_else(|| everywhere.clone()),
            sqs_endpoint: get("AWS_ENDPOINT_URL_SQS")?.or_else(|| everywhere.clone()),
            ssm_endpoint: get("AWS_ENDPOINT_URL_SSM")?.or_else(|| everywhere.clone()),
            secrets_endpoint: get("AWS_ENDPOINT_URL_SECRETS_MANAGER")?.or(everywhere),
            dual_stack: get("AWS_USE_DUALSTACK_ENDPOINT")?
                .is_some_and(|text| text.eq_ignore_ascii_case("true")),
            credentials: credentials(get)?,
            log_level: level(get("AWS_LAMBDA_LOG_LEVEL")?)?,
            metrics: metrics(get)?,
            otlp_endpoint: otlp_endpoint(get)?,
            log_level_name: or("AWS_LAMBDA_LOG_LEVEL", "INFO")?.to_ascii_uppercase(),
            function_name: or("AWS_LAMBDA_FUNCTION_NAME", "unknown")?,
            memory_mb: memory(get)?,
            under_lambda: get("AWS_LAMBDA_RUNTIME_API")?.is_some(),
        })
    }
}

fn metrics(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Detail, ConfigError> {
    const NAME: &str = "HIKYAKU_METRICS";
    let Some(value) = get(NAME)? else {
        return Ok(Detail::default());
    };
    Detail::of(&value).ok_or(ConfigError {
        name: NAME,
        value,
        expected: "off, alarms, function or jobs",
    })
}

fn otlp_endpoint(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Option<Url>, ConfigError> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    url(NAME, get(NAME)?, "a URL, such as http://127.0.0.1:4318")
}

fn visibility(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Option<Duration>, ConfigError> {
    const NAME: &str = "HIKYAKU_QUEUE_VISIBILITY";
    Ok(number(NAME, get(NAME)?)?.map(Duration::from_secs))
}

fn memory(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<u32, ConfigError> {
    const NAME: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    Ok(number(NAME, get(NAME)?)?.unwrap_or(128))
}

fn credentials(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Option<Credentials>, ConfigError> {
    let (Some(key_id), Some(secret)) = (get("AWS_ACCESS_KEY_ID")?, get("AWS_SECRET_ACCESS_KEY")?)
    else {
        return Ok(None);
    };
    Ok(Some(Credentials {
        key_id,
        secret,
        session: get("AWS_SESSION_TOKEN")?,
    }))
}

fn cache(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Option<CacheTable>, ConfigError> {
    let Some(table) = get("HIKYAKU_CACHE_TABLE")? else {
        return Ok(None);
    };
    let Some(prefix) = get("HIKYAKU_CACHE_PREFIX")? else {
        return Err(ConfigError {
            name: "HIKYAKU_CACHE_PREFIX",
            value: String::new(),
            expected: "the application's cache.prefix, for HIKYAKU_CACHE_TABLE is set (php artisan config:show cache.prefix)",
        });
    };
    let store = get("HIKYAKU_CACHE_STORE")?.unwrap_or_else(|| "dynamodb".to_owned());
    Ok(Some(CacheTable {
        table,
        prefix,
        store,
    }))
}

fn app_key(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Option<AppKey>, ConfigError> {
    let Some(key) = get("HIKYAKU_APP_KEY")? else {
        return Ok(None);
    };
    Ok(Some(AppKey {
        key,
        previous: get("HIKYAKU_PREVIOUS_KEYS")?.unwrap_or_default(),
        cipher: cipher(get)?,
    }))
}

fn app_key_from(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Option<KeysFrom>, ConfigError> {
    let place = |name, value: String| {
        ValueFrom::parse(&value).map_err(|_| ConfigError {
            name,
            value: "(hidden)".to_owned(),
            expected: "the ARN of a secret or a parameter, or a parameter's name",
        })
    };
    let Some(key) = get("HIKYAKU_APP_KEY_FROM")? else {
        return Ok(None);
    };
    if get("HIKYAKU_APP_KEY")?.is_some() {
        return Err(ConfigError {
            name: "HIKYAKU_APP_KEY",
            value: "(hidden)".to_owned(),
            expected: "nothing, because HIKYAKU_APP_KEY_FROM says where the key is",
        });
    }
    let previous = get("HIKYAKU_PREVIOUS_KEYS_FROM")?;
    Ok(Some(KeysFrom {
        key: place("HIKYAKU_APP_KEY_FROM", key)?,
        previous: previous
            .map(|value| place("HIKYAKU_PREVIOUS_KEYS_FROM", value))
            .transpose()?,
        cipher: cipher(get)?,
    }))
}

fn cipher(
    get: impl Fn(&'static str) -> Result<Option<String>, ConfigError>,
) -> Result<Cipher, ConfigError> {
    match get("HIKYAKU_CIPHER")? {
        None => Ok(Cipher::default()),
        Some(name) => name.parse().map_err(|_| ConfigError {
            name: "HIKYAKU_CIPHER",
            value: name,
            expected: "aes-128-cbc, aes-256-cbc, aes-128-gcm or aes-256-gcm",
        }),
    }
}

fn url(
    name: &'static str,
    value: Option<String>,
    expected: &'static str,
) -> Result<Option<Url>, ConfigError> {
    value
        .map(|value| {
            Url::parse(&value).map_err(|_| ConfigError {
                name,
                value,
                expected,
            })
        })
        .transpose()
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
    fn a_level_of_metrics_that_there_is_not_is_refused() {
        let error = of(&[("HIKYAKU_METRICS", "everything")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable `HIKYAKU_METRICS` is `everything`, expected off, alarms, function or jobs"
        );
        assert_eq!(
            of(&[("HIKYAKU_METRICS", "jobs")]).unwrap().metrics,
            Detail::Jobs
        );
        assert_eq!(of(&[]).unwrap().metrics, Detail::Off);
    }

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

    fn of(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn a_cache_table_without_a_prefix_is_refused_for_no_lock_would_be_found_in_it() {
        let error = of(&[("HIKYAKU_CACHE_TABLE", "cache")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable `HIKYAKU_CACHE_PREFIX` is ``, expected the application's cache.prefix, for HIKYAKU_CACHE_TABLE is set (php artisan config:show cache.prefix)"
        );
        let config = of(&[
            ("HIKYAKU_CACHE_TABLE", "cache"),
            ("HIKYAKU_CACHE_PREFIX", "shop-cache-"),
        ]);
        let config = config.unwrap();
        assert_eq!(config.cache.unwrap().store, "dynamodb");
        assert_eq!(config.overflow_prefix, "shop-cache-");
    }

    const KEY: &str = "base64:aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIGh1c2ggaHU=";

    #[test]
    fn a_bad_key_is_refused_without_being_shown() {
        for (key, previous) in [
            ("base64:aHVzaA==", ""),
            ("hush!", ""),
            (KEY, "base64:aHVzaA=="),
        ] {
            let config = of(&[
                ("HIKYAKU_APP_KEY", key),
                ("HIKYAKU_PREVIOUS_KEYS", previous),
            ]);
            let error = config.unwrap().encrypter().unwrap_err();
            assert_eq!(
                error.to_string(),
                "environment variable `HIKYAKU_APP_KEY` is `(hidden)`, expected a key of the length that HIKYAKU_CIPHER needs (32 bytes for aes-256, 16 for aes-128), as have HIKYAKU_PREVIOUS_KEYS",
                "{key}"
            );
        }
        assert!(
            of(&[("HIKYAKU_APP_KEY", KEY)])
                .unwrap()
                .encrypter()
                .unwrap()
                .is_some()
        );
        assert!(of(&[]).unwrap().encrypter().unwrap().is_none());
    }

    #[test]
    fn a_cipher_that_laravel_does_not_have_is_refused() {
        let error = of(&[("HIKYAKU_APP_KEY", KEY), ("HIKYAKU_CIPHER", "rot13")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable `HIKYAKU_CIPHER` is `rot13`, expected aes-128-cbc, aes-256-cbc, aes-128-gcm or aes-256-gcm"
        );
    }

    #[test]
    fn what_is_no_url_names_its_variable() {
        let error = of(&[("HIKYAKU_OVERFLOW_URL", "bucket/payloads")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable `HIKYAKU_OVERFLOW_URL` is `bucket/payloads`, expected a URL, such as s3://bucket/path"
        );
        let error = of(&[("AWS_ENDPOINT_URL_S3", "localhost")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable `AWS_ENDPOINT_URL_S3` is `localhost`, expected a URL, such as http://127.0.0.1:9000"
        );
    }

    #[test]
    fn no_secret_is_shown() {
        let config = of(&[
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "hush"),
            ("HIKYAKU_APP_KEY", "hush"),
            ("HIKYAKU_PREVIOUS_KEYS", "hush"),
        ]);
        let shown = format!("{:?}", config.unwrap());
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("AKIA"), "{shown}");
    }
}
