//! SQS events: Lambda's records.

use aws_lambda_events::event::sqs::SqsMessage;
use hikyaku_core::{DeadLetter, Delivery, Receipt, Timestamp, is_fifo};

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
    let sent = attribute("SentTimestamp").and_then(|sent| sent.parse().ok());
    let sent = sent.map(Timestamp::from_millis);
    let count = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let trace = attribute("AWSTraceHeader");
    Ok(Delivery {
        message_id: there("messageId", record.message_id)?,
        body: there("body", record.body)?,
        receive_count: count.unwrap_or(1),
        group,
        dead_letter: given_up_by.as_ref().map(|_| DeadLetter { sent }),
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
