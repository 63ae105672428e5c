//! AWS clients, lean and quick to start: rustls with ring, credentials from the environment, endpoints that may be
//! local.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::Config;

/// One attempt of one request. DynamoDB answers in milliseconds: waiting longer only eats the job's own time.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A DynamoDB client. Building it opens no connection.
pub fn dynamodb(config: &Config) -> aws_sdk_dynamodb::Client {
    let mut builder = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new(config.region.clone()))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts())
        .http_client(http_client(config.dynamodb_endpoint.as_deref()));
    builder.set_use_dual_stack(config.dual_stack.then_some(true));
    builder.set_endpoint_url(config.dynamodb_endpoint.clone());
    if let Some(credentials) = credentials(config) {
        builder = builder.credentials_provider(credentials);
    }
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

/// An SQS client. Building it opens no connection.
pub fn sqs(config: &Config) -> aws_sdk_sqs::Client {
    let mut builder = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new(config.region.clone()))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts())
        .http_client(http_client(config.sqs_endpoint.as_deref()));
    builder.set_use_dual_stack(config.dual_stack.then_some(true));
    builder.set_endpoint_url(config.sqs_endpoint.clone());
    if let Some(credentials) = credentials(config) {
        builder = builder.credentials_provider(credentials);
    }
    aws_sdk_sqs::Client::from_conf(builder.build())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// An endpoint on plain HTTP needs no TLS, and then no certificate store is read at start-up.
pub(crate) fn http_client(
    endpoint: Option<&str>,
) -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        builder.build_http()
    } else {
        builder
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https()
    }
}

pub(crate) fn credentials(config: &Config) -> Option<Credentials> {
    let keys = config.credentials.as_ref()?;
    Some(Credentials::new(
        &keys.key_id,
        &keys.secret,
        keys.session.clone(),
        None,
        "environment",
    ))
}
