//! The queue the messages came from.

use std::time::Duration;

use super::BoxFuture;
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
}

/// A queue did not take what it was told.
#[derive(Debug, thiserror::Error)]
#[error("{action} in queue `{queue}`")]
pub struct QueueError {
    /// What was being done.
    pub action: &'static str,
    /// The queue, as its receipts name it.
    pub queue: String,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
