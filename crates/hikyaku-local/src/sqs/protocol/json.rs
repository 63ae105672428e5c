//! The AWS JSON 1.0 protocol: the action in a header, JSON in and out, errors with a type.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::actions::{self, Wire};
use super::{TARGET, answer};
use crate::sqs::error::SqsError;
use crate::sqs::operations::Context;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TARGET_PREFIX: &str = "AmazonSQS.";

/// Runs one request.
pub(super) async fn respond(context: &Context, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
    let outcome = match action(headers) {
        Ok(action) => actions::run(context, action, &Json(body)).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(json) => answer(StatusCode::OK, CONTENT_TYPE, Body::from(json)),
        Err(error) => refuse(&error),
    }
}

fn action(headers: &HeaderMap) -> Result<&str, SqsError> {
    let target = headers.get(TARGET).and_then(|value| value.to_str().ok());
    let target = target
        .ok_or_else(|| SqsError::UnknownAction("of a request without `X-Amz-Target`".to_owned()))?;
    target
        .strip_prefix(TARGET_PREFIX)
        .ok_or_else(|| SqsError::UnknownAction(format!("`{target}`")))
}

/// The body of a request.
struct Json<'a>(&'a [u8]);

impl Wire for Json<'_> {
    fn read<I: DeserializeOwned>(&self) -> Result<I, SqsError> {
        let body = if self.0.is_empty() { b"{}" } else { self.0 };
        serde_json::from_slice(body).map_err(|error| SqsError::Malformed(error.to_string()))
    }

    fn write<O: Serialize>(&self, output: &O) -> Result<Vec<u8>, SqsError> {
        serde_json::to_vec(output).map_err(|error| SqsError::Malformed(error.to_string()))
    }
}

/// The error with everything that clients look at: its type for the JSON protocol, its older code in a header. AWS gives the
/// header to clients that ask for it with `x-amzn-query-mode`; the others do not look at it.
fn refuse(error: &SqsError) -> Response<Body> {
    let body = serde_json::json!({ "__type": error.shape(), "message": error.message() });
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = answer(status, CONTENT_TYPE, Body::from(body.to_string()));
    if let Ok(code) = HeaderValue::from_str(&format!("{};Sender", error.code())) {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}
