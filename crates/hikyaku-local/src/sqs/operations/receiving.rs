//! `ReceiveMessage`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Context;
use super::shapes::{AttributeShape, AttributeShapes};
use crate::sqs::error::SqsError;
use crate::sqs::limits;
use crate::sqs::message::ReceivedMessage;
use crate::sqs::receive::ReceiveRequest;

/// The attributes of a message that can be asked for (API Reference, `ReceiveMessage`).
const SYSTEM_ATTRIBUTES: [&str; 11] = [
    "AWSTraceHeader",
    "All",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
    "SqsManagedSseEnabled",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceiveMessageInput {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    receive_request_attempt_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceiveMessageOutput {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<MessageShape>,
}

#[derive(Debug, Serialize)]
struct MessageShape {
    #[serde(rename = "MessageId")]
    message_id: Arc<str>,
    #[serde(rename = "ReceiptHandle")]
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Arc<str>,
    #[serde(rename = "Body")]
    body: Arc<str>,
    #[serde(rename = "Attributes", skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    md5_of_message_attributes: Option<Arc<str>>,
    #[serde(
        rename = "MessageAttributes",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    message_attributes: AttributeShapes,
}

pub(crate) async fn receive_message(
    context: &Context,
    input: ReceiveMessageInput,
) -> Result<ReceiveMessageOutput, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let max = input.max_number_of_messages.unwrap_or(1);
    let max = limits::within(
        "MaxNumberOfMessages",
        max,
        &limits::MESSAGES_PER_API_RECEIVE,
    )?;
    let wait = input
        .wait_time_seconds
        .map(|given| limits::within("WaitTimeSeconds", given, &limits::WAIT_SECONDS));
    let visibility = input.visibility_timeout;
    let visibility = visibility
        .map(|given| limits::within("VisibilityTimeout", given, &limits::VISIBILITY_SECONDS));
    let request = ReceiveRequest {
        queue,
        max_messages: max as usize,
        wait: wait
            .transpose()?
            .map(|seconds| Duration::from_secs(seconds.into())),
        visibility_timeout_seconds: visibility.transpose()?,
        attempt_id: input.receive_request_attempt_id,
    };
    let system_names = [input.attribute_names, input.message_system_attribute_names].concat();
    if let Some(unknown) = system_names
        .iter()
        .find(|name| !SYSTEM_ATTRIBUTES.contains(&name.as_str()))
    {
        return Err(SqsError::InvalidAttributeName(unknown.clone()));
    }
    let received = context.sqs.receive(request).await?;
    let shape = |message| MessageShape::new(message, &system_names, &input.message_attribute_names);
    Ok(ReceiveMessageOutput {
        messages: received.into_iter().map(shape).collect(),
    })
}

impl MessageShape {
    fn new(
        mut message: ReceivedMessage,
        system_names: &[String],
        attribute_names: &[String],
    ) -> Self {
        message.keep_attributes(|name| attribute_names.iter().any(|wanted| matches(wanted, name)));
        let mut attributes = message.attributes;
        if !system_names.iter().any(|wanted| wanted == "All") {
            attributes.retain(|name, _| system_names.iter().any(|wanted| wanted == name));
        }
        let of_producer = message.message_attributes.iter();
        Self {
            message_id: message.message_id,
            receipt_handle: message.receipt_handle,
            md5_of_body: message.md5_of_body,
            body: message.body,
            attributes,
            message_attributes: of_producer
                .map(|(name, value)| (name.clone(), AttributeShape::from(value)))
                .collect(),
            md5_of_message_attributes: message.md5_of_message_attributes,
        }
    }
}

/// Whether `wanted` asks for the attribute: by its name, by a prefix such as `foo.*`, or by `All` or `*`.
fn matches(wanted: &str, name: &str) -> bool {
    wanted == "All"
        || wanted == "*"
        || wanted
            .strip_suffix(".*")
            .map_or(wanted == name, |prefix| name.starts_with(prefix))
}
