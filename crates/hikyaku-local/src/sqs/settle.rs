//! What a receiver does with a message afterwards: delete it, or change how long it is hidden.

use super::batch::{self, BatchOutcome};
use super::engine::Sqs;
use super::error::SqsError;
use super::limits;
use super::message::Place;
use super::names::QueueName;
use super::queue::Queue;
use super::receipt::Receipt;

/// The longest that a message may be hidden after one receive (API Reference, `ChangeMessageVisibility`): 12 hours.
const MAXIMUM_HIDDEN_MS: u64 = 12 * 60 * 60 * 1000;

impl Sqs {
    /// Deletes a message.
    ///
    /// Deleting twice succeeds. On a standard queue an outdated handle succeeds too, and deletes the message only if nobody
    /// has received it since. A FIFO queue refuses a handle whose visibility timeout has passed.
    pub fn delete(&self, name: &QueueName, receipt_handle: &str) -> Result<(), SqsError> {
        self.settle(name, receipt_handle, |queue, receipt, _| {
            let Some(message) = queue.message(receipt.key) else {
                return Ok(());
            };
            let is_current = message.receives_here == receipt.number;
            let in_flight = matches!(message.place, Place::InFlight { .. });
            if name.is_fifo() && !(is_current && in_flight) {
                return Err(SqsError::invalid(
                    "ReceiptHandle",
                    receipt_handle,
                    "The receipt handle has expired",
                ));
            }
            if is_current {
                queue.remove(receipt.key);
            }
            Ok(())
        })
    }

    /// Deletes up to ten messages; each succeeds or fails on its own.
    pub fn delete_batch(
        &self,
        name: &QueueName,
        entries: Vec<(String, String)>,
    ) -> Result<BatchOutcome<()>, SqsError> {
        self.queue_by_name(name.as_str())?;
        batch::run("DeleteMessageBatchRequestEntry", entries, |handle| {
            self.delete(name, &handle)
        })
    }

    /// Hides a message for `seconds` (0 to 43,200) from now on; 0 makes it visible at once.
    ///
    /// As AWS was recorded to answer: a message that is visible already stays so, without an error, and on a standard queue
    /// the handle of an earlier receive will do.
    pub fn change_visibility(
        &self,
        name: &QueueName,
        receipt_handle: &str,
        seconds: u32,
    ) -> Result<(), SqsError> {
        limits::within(
            "VisibilityTimeout",
            seconds.into(),
            &limits::VISIBILITY_SECONDS,
        )?;
        self.settle(name, receipt_handle, |queue, receipt, now_ms| {
            let message = queue
                .message(receipt.key)
                .filter(|message| !name.is_fifo() || message.receives_here == receipt.number);
            let Some(message) = message else {
                let reason =
                    "Message does not exist or is not available for visibility timeout change";
                return Err(SqsError::invalid("ReceiptHandle", receipt_handle, reason));
            };
            if !matches!(message.place, Place::InFlight { .. }) {
                return Ok(());
            }
            let until_ms = now_ms + u64::from(seconds) * 1000;
            if until_ms > message.received_ms + MAXIMUM_HIDDEN_MS {
                let reason =
                    "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
                return Err(SqsError::invalid("VisibilityTimeout", &seconds, reason));
            }
            queue.change_visibility(receipt.key, until_ms);
            Ok(())
        })
    }

    /// Changes the visibility of up to ten messages; each succeeds or fails on its own.
    pub fn change_visibility_batch(
        &self,
        name: &QueueName,
        entries: Vec<(String, (String, u32))>,
    ) -> Result<BatchOutcome<()>, SqsError> {
        self.queue_by_name(name.as_str())?;
        batch::run(
            "ChangeMessageVisibilityBatchRequestEntry",
            entries,
            |(handle, seconds)| self.change_visibility(name, &handle, seconds),
        )
    }

    fn settle(
        &self,
        name: &QueueName,
        receipt_handle: &str,
        settle: impl FnOnce(&mut Queue, Receipt, u64) -> Result<(), SqsError>,
    ) -> Result<(), SqsError> {
        self.with(|state, now_ms| {
            let seed = state.seed;
            let queue = state.queue(name, now_ms)?;
            let receipt = Receipt::decode(receipt_handle)?;
            if receipt.seed != seed || receipt.queue != queue.id {
                return Err(SqsError::ReceiptHandleIsInvalid);
            }
            settle(queue, receipt, now_ms)
        })
    }
}
