//! Clients of S3, one for each bucket, made on first use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use super::{ObjectsConfig, ObjectsError};

/// A connection that sends nothing for this long is given up, and read on from where it stopped.
const SILENCE: Duration = Duration::from_secs(30);

/// In a region a connection takes milliseconds. Without a route it takes for ever, and whoever waits is billed.
const CONNECT: Duration = Duration::from_secs(2);

/// How often and for how long a request is repeated. Then the job is, after its backoff, which is not billed.
const REPEATS: usize = 3;
const REPEAT: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Buckets {
    config: ObjectsConfig,
    open: Mutex<HashMap<String, Arc<AmazonS3>>>,
}

impl Buckets {
    pub(super) fn new(config: ObjectsConfig) -> Self {
        Self {
            config,
            open: Mutex::default(),
        }
    }

    /// The client of `bucket`. Only allowed buckets are asked for, so the map stays small.
    pub(super) fn open(&self, bucket: &str) -> Result<Arc<AmazonS3>, ObjectsError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = open.get(bucket) {
            return Ok(Arc::clone(store));
        }
        install_ring();
        let store = builder(&self.config, bucket)
            .build()
            .map_err(|error| ObjectsError::Store {
                action: "prepare to use",
                place: format!("bucket `{bucket}`"),
                cause: error.to_string(),
            })?;
        Ok(Arc::clone(
            open.entry(bucket.to_owned()).or_insert(Arc::new(store)),
        ))
    }
}

/// The builder's defaults, region `us-east-1` among them, hold where the configuration is silent.
pub(super) fn builder(config: &ObjectsConfig, bucket: &str) -> AmazonS3Builder {
    // No limit on a whole request: a large object is read for as long as its rows take to be written.
    let client = ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(CONNECT)
        .with_read_timeout(SILENCE)
        .with_allow_http(
            config
                .endpoint
                .as_ref()
                .is_some_and(|endpoint| endpoint.scheme() == "http"),
        );
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_retry(RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(1),
                base: 2.0,
            },
            max_retries: REPEATS,
            retry_timeout: REPEAT,
        })
        .with_client_options(client);
    if let Some(region) = &config.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &config.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    if let Some(credentials) = &config.credentials {
        builder = builder
            .with_access_key_id(&credentials.access_key_id)
            .with_secret_access_key(&credentials.secret_access_key);
        if let Some(token) = &credentials.session_token {
            builder = builder.with_token(token);
        }
    }
    builder
}

/// reqwest takes the process's TLS provider. Whoever was first may have installed one; any will do.
fn install_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
