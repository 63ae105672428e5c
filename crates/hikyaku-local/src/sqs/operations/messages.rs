//! Actions on single messages and batches of them, receiving apart.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::shapes::{AttributeShapes, BatchInput, BatchOutput, Nothing, read_attributes};
use super::{Context, required};
use crate::sqs::draft::{SendRequest, SentMessage};
use crate::sqs::error::SqsError;
use crate::sqs::limits;
use crate::sqs::message::AttributeValue;
use crate::sqs::names::QueueName;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendMessageInput {
    queue_url: Option<String>,
    #[serde(flatten)]
    message: MessageInput,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageInput {
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: AttributeShapes,
    #[serde(default)]
    message_system_attributes: AttributeShapes,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendEntry {
    id: Option<String>,
    #[serde(flatten)]
    message: MessageInput,
}

#[derive(Debug, Serialize)]
pub(crate) struct SentShape {
    #[serde(rename = "MessageId")]
    message_id: Arc<str>,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_body: Arc<str>,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    md5_of_attributes: Option<Arc<str>>,
    #[serde(
        rename = "MD5OfMessageSystemAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    md5_of_system_attributes: Option<Arc<str>>,
    #[serde(rename = "SequenceNumber", skip_serializing_if = "Option::is_none")]
    sequence_number: Option<Arc<str>>,
}

pub(crate) fn send_message(
    context: &Context,
    input: SendMessageInput,
) -> Result<SentShape, SqsError> {
    let queue = context.queue(input.queue_url)?;
    Ok(context.sqs.send(input.message.request(queue)?)?.into())
}

pub(crate) fn send_message_batch(
    context: &Context,
    input: BatchInput<SendEntry>,
) -> Result<BatchOutput<SentShape>, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let entries = identified(input.entries, |entry: SendEntry| (entry.id, entry.message))?;
    // An entry that cannot even be read fails alone, in its place among those that are sent.
    let outcome = context
        .sqs
        .send_batch_of(entries, MessageInput::bytes, |message| {
            message.request(queue.clone())
        })?;
    Ok(BatchOutput::new(outcome, SentShape::from))
}

impl MessageInput {
    fn request(self, queue: QueueName) -> Result<SendRequest, SqsError> {
        let delay = self
            .delay_seconds
            .map(|given| limits::within("DelaySeconds", given, &limits::DELAY_SECONDS));
        Ok(SendRequest {
            queue,
            body: required("MessageBody", self.message_body)?,
            delay_seconds: delay.transpose()?,
            message_group_id: self.message_group_id,
            message_deduplication_id: self.message_deduplication_id,
            attributes: read_attributes(self.message_attributes)?,
            trace_header: trace_header(self.message_system_attributes)?,
        })
    }

    /// How many bytes of the batch the message takes.
    fn bytes(&self) -> usize {
        let length = |text: &Option<String>| text.as_deref().map_or(0, str::len);
        let of_attributes = self.message_attributes.iter().map(|(name, shape)| {
            // Four characters of base64 are three bytes, less the padding.
            let padding = shape
                .binary_value
                .as_deref()
                .map_or(0, |text| text.len() - text.trim_end_matches('=').len());
            let binary = (length(&shape.binary_value) / 4 * 3).saturating_sub(padding);
            name.len() + length(&shape.data_type) + length(&shape.string_value) + binary
        });
        length(&self.message_body) + of_attributes.sum::<usize>()
    }
}

/// The only system attribute that a producer may set (API Reference, `SendMessage`).
fn trace_header(shapes: AttributeShapes) -> Result<Option<String>, SqsError> {
    let mut header = None;
    for (name, attribute) in read_attributes(shapes)? {
        match attribute.value {
            AttributeValue::String(text)
                if name == "AWSTraceHeader" && attribute.data_type == "String" =>
            {
                header = Some(text);
            }
            _ => {
                let text = format!(
                    "message system attribute name '{name}' is invalid: only AWSTraceHeader, of type String"
                );
                return Err(SqsError::InvalidRequest(text));
            }
        }
    }
    Ok(header)
}

impl From<SentMessage> for SentShape {
    fn from(sent: SentMessage) -> Self {
        Self {
            message_id: sent.message_id,
            md5_of_body: sent.md5_of_body,
            md5_of_attributes: sent.md5_of_message_attributes,
            md5_of_system_attributes: sent.md5_of_message_system_attributes,
            sequence_number: sent.sequence_number,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteMessageInput {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
}

pub(crate) fn delete_message(
    context: &Context,
    input: DeleteMessageInput,
) -> Result<Nothing, SqsError> {
    let queue = context.queue(input.queue_url)?;
    context
        .sqs
        .delete(&queue, &required("ReceiptHandle", input.receipt_handle)?)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteEntry {
    id: Option<String>,
    receipt_handle: Option<String>,
}

pub(crate) fn delete_message_batch(
    context: &Context,
    input: BatchInput<DeleteEntry>,
) -> Result<BatchOutput<Nothing>, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let handle = |entry: DeleteEntry| (entry.id, entry.receipt_handle.unwrap_or_default());
    let outcome = context
        .sqs
        .delete_batch(&queue, identified(input.entries, handle)?)?;
    Ok(BatchOutput::new(outcome, |()| Nothing {}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeMessageVisibilityInput {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(crate) fn change_message_visibility(
    context: &Context,
    input: ChangeMessageVisibilityInput,
) -> Result<Nothing, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let handle = required("ReceiptHandle", input.receipt_handle)?;
    let seconds = visibility(required("VisibilityTimeout", input.visibility_timeout)?)?;
    context.sqs.change_visibility(&queue, &handle, seconds)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeVisibilityEntry {
    id: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(crate) fn change_message_visibility_batch(
    context: &Context,
    input: BatchInput<ChangeVisibilityEntry>,
) -> Result<BatchOutput<Nothing>, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let change = |entry: ChangeVisibilityEntry| {
        // What does not fit is refused for this entry only; a missing timeout is 0, as at AWS.
        let seconds =
            u32::try_from(entry.visibility_timeout.unwrap_or_default()).unwrap_or(u32::MAX);
        (
            entry.id,
            (entry.receipt_handle.unwrap_or_default(), seconds),
        )
    };
    let outcome = context
        .sqs
        .change_visibility_batch(&queue, identified(input.entries, change)?)?;
    Ok(BatchOutput::new(outcome, |()| Nothing {}))
}

fn visibility(seconds: i64) -> Result<u32, SqsError> {
    limits::within("VisibilityTimeout", seconds, &limits::VISIBILITY_SECONDS)
}

fn identified<E, T>(
    entries: Option<Vec<E>>,
    split: impl Fn(E) -> (Option<String>, T),
) -> Result<Vec<(String, T)>, SqsError> {
    let entries = entries.unwrap_or_default().into_iter().map(split);
    entries
        .map(|(id, entry)| Ok((required("Id", id)?, entry)))
        .collect()
}
