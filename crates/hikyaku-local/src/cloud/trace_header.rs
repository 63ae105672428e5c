//! Keeps the trace of a request to SQS with the messages it sends.
//!
//! The AWS SDKs send `X-Amzn-Trace-Id` along from inside a function, and SQS stores it as the message's `AWSTraceHeader`
//! unless the request brings one itself (AWS, "Amazon SQS and AWS X-Ray"). Without it no loop would ever be seen.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

/// More than SQS takes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Writes the header of a send into its body.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    let Some((trace, batch)) = trace_of_send(request.headers()) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // What cannot be read is refused further on, in SQS's own words.
    let body = with_trace(&body, &trace, batch).unwrap_or(body);
    parts.headers.remove(header::CONTENT_LENGTH);
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// The trace, and whether a whole batch is sent.
fn trace_of_send(headers: &HeaderMap) -> Option<(String, bool)> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let batch = match text("x-amz-target")? {
        "AmazonSQS.SendMessage" => false,
        "AmazonSQS.SendMessageBatch" => true,
        _ => return None,
    };
    Some((text("x-amzn-trace-id")?.to_owned(), batch))
}

fn with_trace(body: &[u8], trace: &str, batch: bool) -> Option<Bytes> {
    let mut request: Value = serde_json::from_slice(body).ok()?;
    if batch {
        request
            .get_mut("Entries")?
            .as_array_mut()?
            .iter_mut()
            .for_each(|entry| attach(entry, trace));
    } else {
        attach(&mut request, trace);
    }
    Some(Bytes::from(request.to_string()))
}

fn attach(message: &mut Value, trace: &str) {
    let Some(message) = message.as_object_mut() else {
        return;
    };
    let attributes = message
        .entry("MessageSystemAttributes")
        .or_insert_with(|| json!({}));
    if attributes.is_null() {
        *attributes = json!({});
    }
    if let Some(attributes) = attributes.as_object_mut() {
        let own = json!({ "DataType": "String", "StringValue": trace });
        attributes.entry("AWSTraceHeader").or_insert(own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(body: &Value, batch: bool) -> Value {
        serde_json::from_slice(&with_trace(body.to_string().as_bytes(), "Root=1", batch).unwrap())
            .unwrap()
    }

    #[test]
    fn every_message_of_a_send_gets_the_trace_once() {
        let header = |trace: &str| json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": trace } });
        let single = attached(&json!({ "MessageBody": "a" }), false);
        assert_eq!(
            single,
            json!({ "MessageBody": "a", "MessageSystemAttributes": header("Root=1") })
        );
        let entries = json!({ "Entries": [{ "Id": "a" }, { "Id": "b", "MessageSystemAttributes": header("Root=2") }] });
        let batch = attached(&entries, true);
        assert_eq!(
            batch["Entries"][0]["MessageSystemAttributes"],
            header("Root=1")
        );
        assert_eq!(
            batch["Entries"][1]["MessageSystemAttributes"],
            header("Root=2"),
            "its own"
        );
        assert_eq!(with_trace(b"nonsense", "Root=1", false), None);
    }
}
