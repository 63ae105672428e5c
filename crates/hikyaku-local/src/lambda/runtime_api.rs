//! The Runtime API: what a function's process talks to.
//!
//! Every process has a listener of its own, always on 127.0.0.1. So each is told apart without a path in
//! `AWS_LAMBDA_RUNTIME_API`, which not every language's runtime accepts, and no other process can answer in its place.
//! Paths and headers: AWS, "Using the Lambda runtime API for custom runtimes".

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::{FailureCause, FunctionError};
use crate::lock::Lock;

/// The largest response of a function, in bytes: 6 MB and a little, the number in Lambda's own error message.
const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// One invocation, as the process gets it.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) deadline_ms: u64,
    pub(crate) function_arn: String,
    pub(crate) trace: String,
}

/// What the process asks before it works.
#[derive(Debug)]
pub(crate) enum Ask {
    /// It waits for the next invocation.
    Next(oneshot::Sender<Work>),
    /// It cannot start.
    InitError(FunctionError),
}

/// What the process answers to one invocation.
pub(crate) type Reply = Result<Bytes, FunctionError>;

/// Between the process and the one who drives it.
#[derive(Debug)]
pub(crate) struct Desk {
    asks: mpsc::UnboundedSender<Ask>,
    open: Lock<Option<(String, oneshot::Sender<Reply>)>>,
}

impl Desk {
    /// A desk, and the questions that come in.
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Ask>) {
        let (asks, asked) = mpsc::unbounded_channel();
        (
            Arc::new(Self {
                asks,
                open: Lock::default(),
            }),
            asked,
        )
    }

    /// From now on this invocation may be answered, and no other.
    pub(crate) fn open(&self, request_id: &str) -> oneshot::Receiver<Reply> {
        let (reply, replied) = oneshot::channel();
        *self.open.lock() = Some((request_id.to_owned(), reply));
        replied
    }

    /// Takes the reply in, if it belongs to the open invocation.
    fn settle(&self, request_id: &str, reply: Reply) -> Response {
        let open = self.open.lock().take_if(|(open, _)| open == request_id);
        let Some((_, waiting)) = open else {
            return error(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "this invocation is not open",
            );
        };
        // The other end is gone when the invocation was given up meanwhile.
        let _ = waiting.send(reply);
        accepted()
    }
}

/// The routes of one process.
pub(crate) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{request_id}/response",
            post(response),
        )
        .route(
            "/2018-06-01/runtime/invocation/{request_id}/error",
            post(invocation_error),
        )
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .fallback(unknown)
        .layer(DefaultBodyLimit::disable())
        .with_state(desk)
}

/// A long poll: Lambda freezes the process here.
async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let (sender, work) = oneshot::channel();
    if desk.asks.send(Ask::Next(sender)).is_err() {
        return gone();
    }
    match work.await {
        Ok(work) => work.into_response(),
        Err(_) => gone(),
    }
}

async fn response(
    State(desk): State<Arc<Desk>>,
    Path(request_id): Path<String>,
    request: Request,
) -> Response {
    let Ok(body) = axum::body::to_bytes(request.into_body(), MAX_RESPONSE_BYTES).await else {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        );
        let too_large = FunctionError::of(
            FailureCause::Reported,
            "Function.ResponseSizeTooLarge",
            &message,
        );
        let _ = desk.settle(&request_id, Err(too_large));
        return error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            &message,
        );
    };
    desk.settle(&request_id, Ok(body))
}

async fn invocation_error(
    State(desk): State<Arc<Desk>>,
    Path(request_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    desk.settle(
        &request_id,
        Err(reported(FailureCause::Reported, &headers, body)),
    )
}

async fn init_error(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let _ = desk
        .asks
        .send(Ask::InitError(reported(FailureCause::Init, &headers, body)));
    accepted()
}

/// An error in the process's own words; when it has none, its error type has to do.
fn reported(cause: FailureCause, headers: &HeaderMap, body: Bytes) -> FunctionError {
    let kind = headers
        .get("lambda-runtime-function-error-type")
        .and_then(|kind| kind.to_str().ok());
    let handled = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("handled"));
    if body.is_empty() {
        let kind = kind.unwrap_or("Runtime.Unknown");
        return FunctionError {
            handled,
            ..FunctionError::of(cause, kind, "the function gave no details")
        };
    }
    FunctionError {
        cause,
        payload: body,
        handled,
    }
}

impl IntoResponse for Work {
    fn into_response(self) -> Response {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", self.request_id),
            ("lambda-runtime-deadline-ms", self.deadline_ms.to_string()),
            ("lambda-runtime-invoked-function-arn", self.function_arn),
            ("lambda-runtime-trace-id", self.trace),
        ];
        let mut response = Response::new(Body::from(self.payload));
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, json!({ "status": "OK" }).to_string()).into_response()
}

fn gone() -> Response {
    error(
        StatusCode::GONE,
        "Gone",
        "this execution environment is shut down",
    )
}

async fn unknown(request: Request) -> Response {
    let message = format!(
        "`{} {}` is not part of the Runtime API",
        request.method(),
        request.uri().path()
    );
    error(StatusCode::NOT_FOUND, "NotFound", &message)
}

fn error(status: StatusCode, kind: &str, message: &str) -> Response {
    (
        status,
        json!({ "errorType": kind, "errorMessage": message }).to_string(),
    )
        .into_response()
}
