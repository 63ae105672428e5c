//! Carries what the exporter sends over the HTTP client that the AWS SDK brings.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use url::Url;

use crate::clients;

/// Sends a request once, to where its URI says. A clone shares the connections.
#[derive(Debug, Clone)]
pub(super) struct Transport(SharedHttpClient);

impl Transport {
    /// `endpoint` says whether TLS is needed. Opens no connection.
    pub(super) fn to(endpoint: &Url) -> Self {
        Self(clients::http_client(Some(endpoint.as_str())))
    }

    async fn exchange(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let uri = request.uri();
        let host = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or("http"),
            uri.authority().map_or("", |authority| authority.as_str())
        );
        let call = Operation::builder()
            .service_name("otlp")
            .operation_name("ExportTraces")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&host)
            .http_client(self.0)
            .no_auth()
            .no_retry()
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .serializer(written)
            .deserializer(answered)
            .build();
        let (status, body) = call.invoke(request).await?;
        Ok(Response::builder().status(status).body(body)?)
    }
}

impl HttpClient for Transport {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(self.clone().exchange(request))
    }
}

fn written(request: Request<Bytes>) -> Result<HttpRequest, BoxError> {
    let (parts, body) = request.into_parts();
    let mut written = HttpRequest::new(SdkBody::from(body));
    written.set_method(parts.method.as_str())?;
    written.set_uri(parts.uri.path_and_query().map_or("/", |path| path.as_str()))?;
    for (name, value) in &parts.headers {
        let value = value.to_str()?.to_owned();
        written
            .headers_mut()
            .try_insert(name.as_str().to_owned(), value)?;
    }
    Ok(written)
}

fn answered(response: &HttpResponse) -> Result<(u16, Bytes), OrchestratorError<Infallible>> {
    let body = response.body().bytes();
    let body = body.ok_or_else(|| OrchestratorError::other("the answer's body was not read"))?;
    Ok((response.status().as_u16(), Bytes::copy_from_slice(body)))
}
