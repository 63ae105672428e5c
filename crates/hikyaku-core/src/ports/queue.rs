//! The queue the messages came from.

use std::time::Duration;

use super::BoxFuture;
use super::store::{Passing, SILENT};
use crate::Receipt;

/// What the engine asks of a queue. Deleting is not among it: an event source mapping deletes what was not reported as
/// failed.
pub trait Queue: Send + Sync + 'static {
    /// Makes the message visible again after `delay`, counted from now. One request.
    fn change_visibility<'a>(
        &'a self,
        receipt: &'a Receipt,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>>;

    /// The same for up to ten messages of one queue. One request. An error says that it did not succeed for all of them.
    fn change_visibility_batch<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>>;

    /// Sends a message. One request.
    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>>;
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The queue's URL.
    pub queue: String,
    /// The body.
    pub body: String,
    /// How long the queue holds it back; SQS takes up to 15 minutes, and none for a message of a FIFO queue.
    pub delay: Duration,
    /// The message group, for a FIFO queue (and for fair delivery from a standard one).
    pub group: Option<String>,
    /// What a FIFO queue knows copies by: the job's id.
    pub deduplication: String,
    /// The trace it belongs to: the [header](crate::Delivery::trace) of the message that it follows from.
    pub trace: Option<String>,
}

impl Outgoing {
    /// A message that is delivered at once. `id`: what a copy of it is known by.
    pub fn new(queue: impl Into<String>, body: String, id: impl Into<String>) -> Self {
        Self {
            queue: queue.into(),
            body,
            delay: Duration::ZERO,
            group: None,
            deduplication: id.into(),
            trace: None,
        }
    }

    /// As part of this trace, if there is one.
    #[must_use]
    pub fn in_trace(mut self, header: Option<&str>) -> Self {
        self.trace = header.map(str::to_owned);
        self
    }

    /// In this group, if there is one; else, for a FIFO queue takes nothing without a group, in `otherwise`.
    #[must_use]
    pub fn in_group(mut self, group: Option<String>, otherwise: &str) -> Self {
        self.group = match group {
            None if is_fifo(&self.queue) => Some(otherwise.to_owned()),
            group => group,
        };
        self
    }
}

/// Whether a queue keeps an order: SQS demands that the names of such queues say so.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "SQS takes only the lower-case suffix"
)]
pub fn is_fifo(queue: &str) -> bool {
    queue.ends_with(".fifo")
}

/// The longest message group and deduplication id (Amazon SQS API reference, `SendMessage`, `MessageGroupId`,
/// `MessageDeduplicationId`).
pub(crate) const LONGEST_IDENTIFIER: usize = 128;

/// Whether SQS takes this text for a message group or a deduplication id: 1 to 128 letters, digits and punctuation
/// characters of ASCII.
pub fn is_identifier(text: &str) -> bool {
    (1..=LONGEST_IDENTIFIER).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A queue did not take what it was told.
#[derive(Debug, thiserror::Error)]
#[error("{action} in queue `{queue}`")]
pub struct QueueError {
    /// What was being done.
    pub action: &'static str,
    /// The queue, as its receipts name it.
    pub queue: String,
    /// Whether trying again can help.
    pub retryable: bool,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Passing for QueueError {
    fn is_retryable(&self) -> bool {
        self.retryable
    }

    fn silent(subject: &str) -> Self {
        Self {
            action: "sending a message",
            queue: subject.to_owned(),
            retryable: true,
            source: SILENT.into(),
        }
    }
}
