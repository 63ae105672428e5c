//! SQS over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Response, Uri, header};

use super::engine::Sqs;
use super::operations::Context;
use super::protocol::{self, Request};
use crate::guard::Guard;

/// The longest request, in bytes: 1 MiB of messages in which JSON writes every byte with six characters (a form takes
/// three), and the rest.
const MAXIMUM_REQUEST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone)]
struct Server {
    sqs: Sqs,
    base_url: Option<Arc<str>>,
}

/// Serves SQS on every path, to programs of this machine. Queue URLs have the host that the request was sent to.
pub fn router(sqs: Sqs) -> Router {
    Guard::loopback().before(routes(sqs))
}

/// The same without a guard.
pub(crate) fn routes(sqs: Sqs) -> Router {
    serve(Server {
        sqs,
        base_url: None,
    })
}

/// Serves SQS on every path, to programs of this machine. Queue URLs start with `base_url`, such as
/// `http://127.0.0.1:9324`.
pub fn router_at(sqs: Sqs, base_url: &str) -> Router {
    Guard::loopback().before(serve(Server {
        sqs,
        base_url: Some(base_url.into()),
    }))
}

fn serve(server: Server) -> Router {
    Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::max(MAXIMUM_REQUEST_BYTES))
        .with_state(server)
}

async fn handle(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("localhost");
    let base_url = server
        .base_url
        .as_deref()
        .map_or_else(|| format!("http://{host}"), ToOwned::to_owned);
    let context = Context {
        sqs: server.sqs,
        base_url,
    };
    let request = Request {
        method: &method,
        uri: &uri,
        headers: &headers,
        body: &body,
    };
    protocol::respond(&context, request).await
}
