//! Spans: each invocation and each job of it, sent over OTLP before the invocation is answered.
//!
//! Nothing is kept for later: Lambda freezes the process when it has its answer, and may never thaw it. So there is no batch
//! processor and no thread, only one request an invocation.

mod header;
mod spans;
mod transport;

use std::time::Duration;

use hikyaku_core::{Clock as _, Delivery, Invocation, Report, Timestamp};
use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use url::Url;

use self::transport::Transport;
use crate::{Config, SystemClock};

/// An answer waits no longer than this for its spans.
const PATIENCE: Duration = Duration::from_secs(2);

/// An invocation that is over.
pub(crate) struct Invoked<'a> {
    pub(crate) function: &'a str,
    pub(crate) request_id: &'a str,
    /// Its X-Ray header.
    pub(crate) trace: Option<&'a str>,
    pub(crate) invocation: Invocation,
    pub(crate) ended: Timestamp,
}

/// Where spans are sent.
pub(crate) struct Spans(SpanExporter);

impl Spans {
    /// None: nowhere, because nobody has said where, or because what was said is no place; then the log says so.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let endpoint = config.otlp_endpoint.as_ref()?;
        let built = SpanExporter::builder()
            .with_http()
            .with_http_client(Transport::to(endpoint))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(traces_at(endpoint))
            .with_timeout(PATIENCE)
            .build();
        match built {
            Ok(mut exporter) => {
                exporter.set_resource(&resource(config));
                Some(Self(exporter))
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: no spans are sent"
                );
                None
            }
        }
    }

    /// Sends the spans of an invocation. One request. What cannot be sent is lost, and the log says so.
    pub(crate) async fn send(
        &self,
        invoked: &Invoked<'_>,
        deliveries: &[Delivery],
        reports: &[Report],
    ) {
        let patience = patience(invoked.invocation.deadline);
        let sending = self.0.export(spans::of(invoked, deliveries, reports));
        match tokio::time::timeout(patience, sending).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the invocation's spans were not sent"
            ),
            Err(_) => tracing::warn!(
                waited_s = patience.as_secs_f64(),
                "the invocation's spans were not taken in time"
            ),
        }
    }
}

/// Half of what is left: an answer that comes too late would make every message come again.
fn patience(deadline: Option<Timestamp>) -> Duration {
    let left = deadline.map(|deadline| SystemClock.now().until(deadline) / 2);
    left.map_or(PATIENCE, |left| left.min(PATIENCE))
}

/// The path for traces below a base URL (OpenTelemetry specification, "OTLP exporter", endpoint URLs for OTLP/HTTP).
fn traces_at(base: &Url) -> String {
    format!("{}/v1/traces", base.as_str().trim_end_matches('/'))
}

/// The function, in the words of OpenTelemetry's semantic conventions.
fn resource(config: &Config) -> Resource {
    Resource::builder()
        .with_service_name(config.function_name.clone())
        .with_attributes([
            KeyValue::new("cloud.provider", "aws"),
            KeyValue::new("cloud.platform", "aws_lambda"),
            KeyValue::new("cloud.region", config.region.clone()),
            KeyValue::new("faas.name", config.function_name.clone()),
        ])
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_to_the_path_for_traces_below_the_endpoint() {
        let at = |base| traces_at(&Url::parse(base).unwrap());
        assert_eq!(
            at("http://127.0.0.1:4318"),
            "http://127.0.0.1:4318/v1/traces"
        );
        assert_eq!(at("https://otlp.test/a/"), "https://otlp.test/a/v1/traces");
    }

    #[test]
    fn an_answer_never_waits_beyond_its_deadline() {
        let now = SystemClock.now();
        assert_eq!(patience(None), PATIENCE);
        assert_eq!(patience(Some(now + Duration::from_secs(600))), PATIENCE);
        assert!(patience(Some(now + Duration::from_secs(1))) <= Duration::from_millis(500));
        assert_eq!(patience(Some(now)), Duration::ZERO);
    }
}
