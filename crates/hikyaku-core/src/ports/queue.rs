//! The queue the messages came from.

use std::time::Duration;

use super::BoxFuture;
use crate::Receipt;

/// What the engine asks of a queue. Deleting is not among it: an event source mapping deletes what was not reported as
/// failed, and a poller of our own does the same.
pub trait Queue: Send + Sync + 'static {
    /// Makes every message of `receipts` visible again after `delay`, counted from now.
    ///
    /// All receipts are of one queue. One request per ten receipts.
    fn change_visibility<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>>;
}

/// A queue did not take what it was told.
#[derive(Debug, thiserror::Error)]
#[error("changing the visibility of {messages} message(s) of queue `{queue}`")]
pub struct QueueError {
    /// The queue, as its receipts name it.
    pub queue: String,
    /// How many messages were meant.
    pub messages: usize,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
