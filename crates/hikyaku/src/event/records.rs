//! SQS events: Lambda's records, read leanly.

use std::borrow::Cow;

use hikyaku_core::{DeadLetter, Delivery, Receipt, Timestamp, is_fifo};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{EventError, Surroundings, trace};
use crate::sqs::url_of;

/// The members of a record that are used (AWS Lambda developer guide, "Using Lambda with Amazon SQS").
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    receipt_handle: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(borrow, default = "Attributes::none")]
    attributes: Attributes<'a>,
    #[serde(borrow)]
    event_source: Cow<'a, str>,
    #[serde(borrow, rename = "eventSourceARN")]
    event_source_arn: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow, rename = "ApproximateReceiveCount")]
    receive_count: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "MessageGroupId")]
    group: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "SentTimestamp")]
    sent: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "AWSTraceHeader")]
    trace: Option<Cow<'a, str>>,
    /// The queue that gave the message up, if this is a dead-letter queue.
    #[serde(borrow, rename = "DeadLetterQueueSourceArn")]
    source: Option<Cow<'a, str>>,
}

impl Attributes<'_> {
    fn none() -> Self {
        Self {
            receive_count: None,
            group: None,
            sent: None,
            trace: None,
            source: None,
        }
    }
}

pub(super) fn read(
    records: &[&RawValue],
    surroundings: Surroundings<'_>,
) -> Result<Vec<Delivery>, EventError> {
    records
        .iter()
        .enumerate()
        .map(|(index, record)| {
            let record: Record<'_> = serde_json::from_str(record.get())
                .map_err(|source| EventError::Record { index, source })?;
            if record.event_source != "aws:sqs" {
                let received = format!("an event of `{}`", record.event_source);
                return Err(EventError::Unknown { received });
            }
            Ok(delivery(record, surroundings))
        })
        .collect()
}

fn delivery(record: Record<'_>, surroundings: Surroundings<'_>) -> Delivery {
    let arn = record.event_source_arn;
    let url = |arn: &str| url_of(arn, surroundings.sqs_endpoint).unwrap_or_else(|| arn.to_owned());
    let queue = url(&arn);
    let source = record.attributes.source.as_deref().map(url);
    let sent = record.attributes.sent.and_then(|sent| sent.parse().ok());
    let sent = sent.map(Timestamp::from_millis);
    let count = record
        .attributes
        .receive_count
        .and_then(|count| count.parse().ok())
        .unwrap_or(1);
    Delivery {
        message_id: record.message_id.into_owned(),
        body: record.body.into_owned(),
        receive_count: count,
        // On a standard queue a group is a tenant for fair queueing and promises no order.
        group: record
            .attributes
            .group
            .filter(|_| is_fifo(&arn))
            .map(Cow::into_owned),
        dead_letter: source.as_ref().map(|_| DeadLetter { sent }),
        sent,
        trace: trace::of(record.attributes.trace.as_deref(), surroundings.trace),
        receipt: Some(Receipt {
            queue: queue.clone(),
            handle: record.receipt_handle.into_owned(),
            received: surroundings.now,
        }),
        queue: source.unwrap_or(queue),
    }
}

/// The answer to an SQS event: the messages that must come again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchResponse {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl BatchResponse {
    /// Names the messages that must come again.
    pub(crate) fn of(message_ids: impl Iterator<Item = String>) -> Self {
        Self {
            batch_item_failures: message_ids
                .map(|item_identifier| ItemFailure { item_identifier })
                .collect(),
        }
    }
}
