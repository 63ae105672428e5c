//! The AWS JSON 1.0 protocol: the action in a header, JSON in and out, errors with a type.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer;
use crate::sqs::error::SqsError;
use crate::sqs::operations::{Context, messages, move_tasks, queues, receiving};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TARGET: &str = "x-amz-target";
const TARGET_PREFIX: &str = "AmazonSQS.";

/// Runs one request.
pub(crate) async fn respond(context: &Context, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
    let outcome = match action(headers) {
        Ok(action) => run(context, action, body).await,
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

async fn run(context: &Context, action: &str, body: &[u8]) -> Result<Vec<u8>, SqsError> {
    match action {
        "SendMessage" => call(context, body, messages::send_message),
        "SendMessageBatch" => call(context, body, messages::send_message_batch),
        "ReceiveMessage" => write(&receiving::receive_message(context, read(body)?).await?),
        "DeleteMessage" => call(context, body, messages::delete_message),
        "DeleteMessageBatch" => call(context, body, messages::delete_message_batch),
        "ChangeMessageVisibility" => call(context, body, messages::change_message_visibility),
        "ChangeMessageVisibilityBatch" => {
            call(context, body, messages::change_message_visibility_batch)
        }
        "CreateQueue" => call(context, body, queues::create_queue),
        "DeleteQueue" => call(context, body, queues::delete_queue),
        "PurgeQueue" => call(context, body, queues::purge_queue),
        "GetQueueUrl" => call(context, body, queues::get_queue_url),
        "ListQueues" => call(context, body, queues::list_queues),
        "GetQueueAttributes" => call(context, body, queues::get_queue_attributes),
        "SetQueueAttributes" => call(context, body, queues::set_queue_attributes),
        "ListDeadLetterSourceQueues" => call(context, body, queues::list_dead_letter_source_queues),
        "TagQueue" => call(context, body, queues::tag_queue),
        "UntagQueue" => call(context, body, queues::untag_queue),
        "ListQueueTags" => call(context, body, queues::list_queue_tags),
        "StartMessageMoveTask" => call(context, body, move_tasks::start_message_move_task),
        "CancelMessageMoveTask" => call(context, body, move_tasks::cancel_message_move_task),
        "ListMessageMoveTasks" => call(context, body, move_tasks::list_message_move_tasks),
        "AddPermission" | "RemovePermission" => Err(SqsError::UnsupportedOperation(format!(
            "{action} is not offered: there are no permissions on a laptop"
        ))),
        _ => Err(SqsError::UnknownAction(format!("`{action}`"))),
    }
}

fn call<I: DeserializeOwned, O: Serialize>(
    context: &Context,
    body: &[u8],
    action: impl FnOnce(&Context, I) -> Result<O, SqsError>,
) -> Result<Vec<u8>, SqsError> {
    write(&action(context, read(body)?)?)
}

fn read<I: DeserializeOwned>(body: &[u8]) -> Result<I, SqsError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| SqsError::Malformed(error.to_string()))
}

fn write<O: Serialize>(output: &O) -> Result<Vec<u8>, SqsError> {
    serde_json::to_vec(output).map_err(|error| SqsError::Malformed(error.to_string()))
}

/// The error with everything that clients look at: its type for the JSON protocol, its older code in a header.
fn refuse(error: &SqsError) -> Response<Body> {
    let body = serde_json::json!({ "__type": error.shape(), "message": error.message() });
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = answer(status, CONTENT_TYPE, Body::from(body.to_string()));
    if let Ok(code) = HeaderValue::from_str(&format!("{};Sender", error.code())) {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}
