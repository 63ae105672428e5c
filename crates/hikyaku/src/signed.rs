//! Requests to AWS services that are asked one or two things: signed here, sent by the AWS SDK's own client.
//!
//! An SDK crate for each such service would be minutes of compiling and megabytes of a function for one operation.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::HttpStatusCodeClassifier;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use hikyaku_core::Clock as _;
use serde_json::Value as Json;

use crate::{Config, SystemClock, clients};

/// One attempt of one request.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 5;
/// The longest wait before the second attempt; each further one may take twice as long. All of them fit into a function's init of
/// ten seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// How services say that they are asked too often; most of them with the status 400 (Smithy's and the AWS SDKs' common list:
/// AWS SDKs and Tools Reference Guide, "Retry behavior").
const THROTTLING: [&str; 9] = [
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Knows by its name what is worth asking again, whatever its status.
#[derive(Debug)]
struct Throttled;

impl ClassifyRetry for Throttled {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        let refusal = error
            .and_then(OrchestratorError::as_operation_error)
            .and_then(|error| error.downcast_ref::<Refusal>());
        match refusal {
            Some(refusal) if THROTTLING.contains(&refusal.code.as_str()) => {
                RetryAction::throttling_error()
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "throttled"
    }
}

/// Signs and sends. A clone shares the connections.
#[derive(Clone)]
pub struct SignedClient {
    region: String,
    credentials: Option<SharedCredentialsProvider>,
    http: SharedHttpClient,
}

/// A service, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name that signatures carry: `ssm`, `secretsmanager`, `lambda`.
    pub signing_name: &'static str,
    /// Scheme and host: `https://ssm.eu-west-1.amazonaws.com`.
    pub endpoint: String,
}

impl Service {
    /// A service at `endpoint`, or at AWS's own address in `region`; with `dual_stack` at the one that IPv6 reaches too
    /// (<https://docs.aws.amazon.com/general/latest/gr/rande.html>, "Dual stack endpoints").
    pub fn new(
        signing_name: &'static str,
        region: &str,
        dual_stack: bool,
        endpoint: Option<&str>,
    ) -> Self {
        let suffix = match (region.starts_with("cn-"), dual_stack) {
            (false, false) => "amazonaws.com",
            (false, true) => "api.aws",
            (true, false) => "amazonaws.com.cn",
            (true, true) => "api.amazonwebservices.com.cn",
        };
        let own = || format!("https://{signing_name}.{region}.{suffix}");
        Self {
            signing_name,
            endpoint: endpoint.map_or_else(own, |text| text.trim_end_matches('/').to_owned()),
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct SignedRequest {
    /// The operation, for errors.
    pub operation: String,
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// From the slash on, with the query, percent-encoded.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SignedRequest {
    /// An operation of a service that speaks AWS's JSON protocol: `target` is its `X-Amz-Target`, `version` 1.0 or 1.1.
    pub fn json(target: &str, version: &str, body: &Json) -> Self {
        let operation = target.rsplit('.').next().unwrap_or(target);
        Self {
            operation: operation.to_owned(),
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                ("content-type", format!("application/x-amz-json-{version}")),
                ("x-amz-target", target.to_owned()),
            ],
            body: body.to_string().into_bytes(),
        }
    }
}

/// A request was not answered as hoped. Its text holds nothing of the request or of the answer's contents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignedError {
    /// There is nothing to sign with.
    #[error(
        "asking {service} for `{operation}`: there are no AWS credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
    )]
    NoCredentials {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: String,
    },
    /// The request could not be made.
    #[error("asking {service} for `{operation}`: the request cannot be signed")]
    Signing {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: String,
        /// Why.
        source: BoxError,
    },
    /// The service said no.
    #[error("{service} refused `{operation}`")]
    Refused {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: String,
        /// What it said.
        source: Refusal,
    },
    /// No answer came.
    #[error(
        "asking {service} for `{operation}`: it cannot be reached at {endpoint} (a function in a VPC needs a way there)"
    )]
    Unreachable {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: String,
        /// Where it was looked for.
        endpoint: String,
        /// Why.
        source: BoxError,
    },
    /// What came is not JSON.
    #[error("{service} answered `{operation}` with something that is not JSON")]
    Answer {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: String,
        /// Why.
        source: serde_json::Error,
    },
}

/// What a service says when it says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Refusal {
    /// The status of HTTP.
    pub status: u16,
    /// The error's name: `AccessDeniedException`.
    pub code: String,
    /// Its text.
    pub message: String,
}

impl SignedClient {
    /// A client that signs with what `credentials` provides. Opens no connection.
    pub fn new(
        region: impl Into<String>,
        credentials: Option<SharedCredentialsProvider>,
        http: SharedHttpClient,
    ) -> Self {
        Self {
            region: region.into(),
            credentials,
            http,
        }
    }

    /// A client with a function's region and keys. `endpoint` says whether TLS is needed. Opens no connection.
    pub fn of(config: &Config, endpoint: Option<&str>) -> Self {
        let credentials = clients::credentials(config).map(SharedCredentialsProvider::new);
        Self::new(&config.region, credentials, clients::http_client(endpoint))
    }

    /// One request; its answer as JSON, null if it is empty. What is throttled or fails on the other side (429, 5xx, or any
    /// status with the name of a throttling) is asked up to five times, with waits left to chance.
    ///
    /// # Errors
    /// See [`SignedError`].
    pub async fn send(
        &self,
        service: &Service,
        request: SignedRequest,
    ) -> Result<Json, SignedError> {
        let name = service.signing_name;
        let operation = request.operation.clone();
        let signed = self.sign(service, request).await?;
        let answer = self.exchange(service, &operation, signed).await?;
        if answer.is_empty() {
            return Ok(Json::Null);
        }
        serde_json::from_slice(&answer).map_err(|source| SignedError::Answer {
            service: name,
            operation,
            source,
        })
    }

    async fn sign(
        &self,
        service: &Service,
        request: SignedRequest,
    ) -> Result<HttpRequest, SignedError> {
        let name = service.signing_name;
        let operation = request.operation.clone();
        let credentials = match &self.credentials {
            Some(provider) => provider.provide_credentials().await.map_err(BoxError::from),
            None => {
                return Err(SignedError::NoCredentials {
                    service: name,
                    operation,
                });
            }
        };
        let signed =
            credentials.and_then(|credentials| signed(service, request, &self.region, credentials));
        signed.map_err(|source| SignedError::Signing {
            service: name,
            operation,
            source,
        })
    }

    async fn exchange(
        &self,
        service: &Service,
        operation: &str,
        request: HttpRequest,
    ) -> Result<Vec<u8>, SignedError> {
        let call = Operation::builder()
            .service_name(service.signing_name)
            .operation_name(operation.to_owned())
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&service.endpoint)
            .http_client(self.http.clone())
            .no_auth()
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(Throttled)
            .standard_retry(
                &RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_PAUSE),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            )
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .serializer(Ok::<HttpRequest, BoxError>)
            .deserializer(answered)
            .build();
        call.invoke(request)
            .await
            .map_err(|error| failed(service, operation, error))
    }
}

fn failed(
    service: &Service,
    operation: &str,
    error: SdkError<Refusal, HttpResponse>,
) -> SignedError {
    let name = service.signing_name;
    let operation = operation.to_owned();
    match error {
        SdkError::ServiceError(error) => SignedError::Refused {
            service: name,
            operation,
            source: error.into_err(),
        },
        error => SignedError::Unreachable {
            service: name,
            operation,
            endpoint: service.endpoint.clone(),
            source: error.into(),
        },
    }
}

fn answered(response: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        Ok(body.to_vec())
    } else {
        let header = response.headers().get("x-amzn-errortype");
        let refusal = refusal(response.status().as_u16(), header, body);
        Err(OrchestratorError::operation(refusal))
    }
}

/// Errors are JSON with the error's name under `__type` or in a header, and a text under `message` or `Message`.
fn refusal(status: u16, header: Option<&str>, body: &[u8]) -> Refusal {
    let said: Json = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Json::as_str);
    let code = header
        .or_else(|| text("__type"))
        .or_else(|| text("code"))
        .unwrap_or("unknown error");
    let code = code.split(':').next().unwrap_or(code);
    let code = code.rsplit('#').next().unwrap_or(code);
    Refusal {
        status,
        code: code.to_owned(),
        message: text("message")
            .or_else(|| text("Message"))
            .unwrap_or_default()
            .to_owned(),
    }
}

fn parameters<'a>(
    name: &'a str,
    region: &'a str,
    identity: &'a aws_smithy_runtime_api::client::identity::Identity,
    settings: SigningSettings,
    now_ms: u64,
) -> Result<aws_sigv4::http_request::SigningParams<'a>, BoxError> {
    let parameters = SigningParams::builder()
        .identity(identity)
        .region(region)
        .name(name)
        .time(UNIX_EPOCH + Duration::from_millis(now_ms))
        .settings(settings)
        .build()?;
    Ok(parameters.into())
}

fn signed(
    service: &Service,
    request: SignedRequest,
    region: &str,
    credentials: Credentials,
) -> Result<HttpRequest, BoxError> {
    let identity = credentials.into();
    let now = SystemClock.now().as_millis();
    let settings = SigningSettings::default();
    let parameters = parameters(service.signing_name, region, &identity, settings, now)?;
    let url = format!("{}{}", service.endpoint, request.path);
    let headers = request.headers.iter();
    let signable = SignableRequest::new(
        request.method,
        &url,
        headers.map(|(name, value)| (*name, value.as_str())),
        SignableBody::Bytes(&request.body),
    )?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let mut http = HttpRequest::new(SdkBody::from(request.body));
    http.set_method(request.method)?;
    http.set_uri(request.path)?;
    for (name, value) in request.headers {
        http.headers_mut().try_insert(name, value)?;
    }
    for (name, value) in instructions.headers() {
        http.headers_mut()
            .try_insert(name.to_owned(), value.to_owned())?;
    }
    Ok(http)
}

/// A URL of `host` and `query` that proves who made it, for `valid`: what RDS takes for a password.
pub(crate) fn presigned(
    service: &'static str,
    url: &str,
    region: &str,
    credentials: Credentials,
    valid: Duration,
    now_ms: u64,
) -> Result<String, BoxError> {
    let identity = credentials.into();
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(valid);
    settings.signature_location = SignatureLocation::QueryParams;
    let parameters = parameters(service, region, &identity, settings, now_ms)?;
    let signable = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let mut url = url::Url::parse(url)?;
    for (name, value) in instructions.params() {
        url.query_pairs_mut().append_pair(name, value);
    }
    Ok(url.into())
}

impl fmt::Debug for SignedClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignedClient")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
