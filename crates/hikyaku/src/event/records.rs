//! SQS events: Lambda's records.

use std::collections::HashMap;

use aws_lambda_events::event::sqs::{SqsMessage, SqsMessageAttribute};
use hikyaku_core::{DeadEvent, DeadLetter, Delivery, Receipt, Timestamp, is_fifo};

use super::{EventError, Surroundings, trace};
use crate::sqs::url_of;

pub(super) fn read(
    records: Vec<SqsMessage>,
    surroundings: Surroundings<'_>,
) -> Result<Vec<Delivery>, EventError> {
    let records = records.into_iter().enumerate();
    records
        .map(|(index, record)| delivery(index, record, surroundings))
        .collect()
}

/// What Lambda says of an event that it gave up: its own dead-letter queue's messages have these three attributes.
fn dead_event(attributes: &mut HashMap<String, SqsMessageAttribute>) -> Option<DeadEvent> {
    let mut text = |name: &str| attributes.remove(name)?.string_value;
    let (request_id, _code) = (text("RequestID")?, text("ErrorCode")?);
    let error = text("ErrorMessage");
    Some(DeadEvent { request_id, error })
}

/// Lambda sends each of a record's members always; AWS's type takes a record without them.
fn delivery(
    index: usize,
    mut record: SqsMessage,
    surroundings: Surroundings<'_>,
) -> Result<Delivery, EventError> {
    let there = |member: &'static str, value: Option<String>| {
        value.ok_or(EventError::Record { index, member })
    };
    let source = there("eventSource", record.event_source)?;
    if source != "aws:sqs" {
        let received = format!("an event of `{source}`");
        return Err(EventError::Unknown { received });
    }
    let arn = there("eventSourceARN", record.event_source_arn)?;
    let url = |arn: String| url_of(&arn, surroundings.sqs_endpoint).unwrap_or(arn);
    let mut attribute = |name: &str| record.attributes.remove(name);
    // On a standard queue a group is a tenant for fair queueing and promises no order.
    let group = attribute("MessageGroupId").filter(|_| is_fifo(&arn));
    let queue = url(arn);
    // The queue that gave the message up, if this is a dead-letter queue.
    let given_up_by = attribute("DeadLetterQueueSourceArn").map(url);
    // Only where nothing else is read: a job's sender may name an attribute as he likes.
    let reads_dead_letters = surroundings.jobs.is_empty();
    let event = dead_event(&mut record.message_attributes).filter(|_| reads_dead_letters);
    let sent = attribute("SentTimestamp").and_then(|sent| sent.parse().ok());
    let sent = sent.map(Timestamp::from_millis);
    let count = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let trace = attribute("AWSTraceHeader");
    Ok(Delivery {
        message_id: there("messageId", record.message_id)?,
        body: there("body", record.body)?,
        receive_count: count.unwrap_or(1),
        group,
        dead_letter: (given_up_by.is_some() || event.is_some())
            .then_some(DeadLetter { sent, event }),
        sent,
        trace: trace::of(trace.as_deref(), surroundings.trace),
        receipt: Some(Receipt {
            queue: queue.clone(),
            handle: there("receiptHandle", record.receipt_handle)?,
            received: surroundings.now,
        }),
        queue: given_up_by.unwrap_or(queue),
    })
}
