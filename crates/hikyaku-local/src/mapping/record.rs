//! A message as Lambda shows it to a function.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::sqs::{AttributeValue, MessageAttribute, ReceivedMessage};

/// One entry of `Records` (AWS, "Using Lambda with Amazon SQS", example event).
pub(super) fn record(message: &ReceivedMessage, queue_arn: &str, region: &str) -> Value {
    let attributes = message.message_attributes.iter();
    let attributes: Map<_, _> = attributes
        .map(|(name, attribute)| (name.clone(), message_attribute(attribute)))
        .collect();
    let mut record = json!({
        "messageId": *message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": *message.body,
        "attributes": message.attributes,
        "messageAttributes": attributes,
        "md5OfBody": *message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    });
    if let Some(digest) = &message.md5_of_message_attributes {
        record["md5OfMessageAttributes"] = json!(**digest);
    }
    record
}

fn message_attribute(attribute: &MessageAttribute) -> Value {
    let (name, value) = match &attribute.value {
        AttributeValue::String(text) => ("stringValue", text.clone()),
        AttributeValue::Binary(bytes) => ("binaryValue", BASE64.encode(bytes)),
    };
    json!({ name: value, "stringListValues": [], "binaryListValues": [], "dataType": attribute.data_type })
}
