//! The Invoke API: what the AWS SDKs, `aws lambda invoke` and `cargo lambda invoke` talk to.
//!
//! AWS, "Invoke": `POST /2015-03-31/functions/{name}/invocations`, and "ListFunctions": `GET /2015-03-31/functions/`.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::environment::log_group;
use super::trace::Trace;
use super::{Answer, Invocation, Invoke as _, InvokeError, Lambda};

/// More than any event may have, so that one that is too large is refused in Lambda's own words.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// The routes of the Invoke API.
pub fn routes(lambda: Lambda) -> Router {
    Router::new()
        .route("/2015-03-31/functions", get(list))
        .route("/2015-03-31/functions/", get(list))
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(lambda)
}

/// All functions in one answer.
async fn list(State(lambda): State<Lambda>) -> Response {
    let told = &lambda.host().surroundings;
    let functions = lambda.functions().map(|function| {
        json!({
            "FunctionName": function.name,
            "FunctionArn": function.arn,
            "Timeout": function.timeout.as_secs(),
            "MemorySize": function.memory_mb,
            "Version": "$LATEST",
            "Environment": { "Variables": told.variables_of(function) },
            "LoggingConfig": { "LogFormat": told.log_format, "LogGroup": log_group(function) },
        })
    });
    let body = json!({ "Functions": functions.collect::<Vec<_>>() });
    let headers = [("content-type", "application/json".to_owned())];
    with_headers(StatusCode::OK, Body::from(body.to_string()), headers)
}

async fn invoke(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let trace = header("x-amzn-trace-id").and_then(Trace::parse);
    let invocation = Invocation {
        function: name,
        payload,
        trace,
    };
    let wants_log = header("x-amz-log-type") == Some("Tail");
    match header("x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => match lambda.invoke(invocation).await {
            Ok(answer) => answered(answer, wants_log),
            Err(error) => refused(&error),
        },
        "Event" => match lambda.invoke_asynchronously(invocation) {
            Ok(request_id) => with_headers(
                StatusCode::ACCEPTED,
                Body::empty(),
                [("x-amzn-requestid", request_id)],
            ),
            Err(error) => refused(&error),
        },
        "DryRun" => match lambda.function(&invocation.function) {
            Ok(_) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => refused(&error),
        },
        other => failure(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            &format!("invocation type `{other}` is none of RequestResponse, Event and DryRun"),
        ),
    }
}

/// Status 200, whether or not the function failed: the header tells.
fn answered(answer: Answer, wants_log: bool) -> Response {
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-amz-executed-version", "$LATEST".to_owned()),
    ];
    if wants_log {
        headers.push(("x-amz-log-result", BASE64.encode(&answer.log_tail)));
    }
    let body = match answer.result {
        Ok(body) => body,
        Err(error) => {
            headers.push((
                "x-amz-function-error",
                if error.handled {
                    "Handled"
                } else {
                    "Unhandled"
                }
                .to_owned(),
            ));
            error.payload
        }
    };
    headers.push(("x-amzn-requestid", answer.request_id));
    with_headers(StatusCode::OK, Body::from(body), headers)
}

fn refused(error: &InvokeError) -> Response {
    let (status, kind) = match error {
        InvokeError::UnknownFunction { .. } => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        InvokeError::Throttled { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException")
        }
        InvokeError::PayloadTooLarge { .. } => {
            (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException")
        }
        InvokeError::NotJson { .. } => (StatusCode::BAD_REQUEST, "InvalidRequestContentException"),
        InvokeError::BinaryMissing { .. }
        | InvokeError::Start { .. }
        | InvokeError::Listen { .. } => (StatusCode::BAD_GATEWAY, "InvalidRuntimeException"),
        InvokeError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "ServiceException"),
    };
    failure(status, kind, &error.to_string())
}

async fn unknown(request: axum::extract::Request) -> Response {
    let message = format!(
        "`{} {}` is not served: only Invoke, ListFunctions and event source mappings are",
        request.method(),
        request.uri().path()
    );
    failure(StatusCode::NOT_FOUND, "UnknownOperationException", &message)
}

pub(crate) fn failure(status: StatusCode, kind: &str, message: &str) -> Response {
    let fault = if status.is_server_error() {
        "Service"
    } else {
        "User"
    };
    let body = json!({ "Type": fault, "Message": message, "message": message }).to_string();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-amzn-errortype", kind.to_owned()),
    ];
    with_headers(status, Body::from(body), headers)
}

pub(crate) fn with_headers(
    status: StatusCode,
    body: Body,
    headers: impl IntoIterator<Item = (&'static str, String)>,
) -> Response {
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
