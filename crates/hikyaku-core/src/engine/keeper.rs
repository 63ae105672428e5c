//! The messages of an invocation that are kept hidden.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::lock::Mutex as Turnstile;

use crate::{Delivery, Receipt, Timestamp};

/// A queue that hides its messages for no longer needs no keeper: what a dead process has comes back soon enough.
const SHORT_VISIBILITY: Duration = Duration::from_secs(120);

/// How many messages one request is about (Amazon SQS API reference, `ChangeMessageVisibilityBatch`).
const MOST_MESSAGES: usize = 10;

/// The messages of an invocation that nobody has given back.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    kept: Mutex<BTreeMap<String, Receipt>>,
    pub(crate) step: Turnstile<()>,
}

impl Keeper {
    /// Keeps these messages, if their queue makes that necessary: `visibility` is its timeout, as far as it is known.
    pub(crate) fn of(
        deliveries: &[Delivery],
        visibility: Option<Duration>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let is_needless = visibility.is_some_and(|visibility| {
            let outlasts = until.is_some_and(|until| now.until(until) <= visibility);
            visibility <= SHORT_VISIBILITY && outlasts
        });
        let receipts = deliveries.iter().filter_map(|one| one.receipt.clone());
        let kept = receipts.filter(|_| !is_needless);
        Self {
            kept: Mutex::new(kept.map(|one| (one.handle.clone(), one)).collect()),
            step: Turnstile::default(),
        }
    }

    /// The messages that are kept, as many together as one request takes.
    pub(crate) fn batches(&self) -> Vec<Vec<Receipt>> {
        let mut queues: BTreeMap<String, Vec<Receipt>> = BTreeMap::new();
        for receipt in self.kept().values() {
            let queue = queues.entry(receipt.queue.clone()).or_default();
            queue.push(receipt.clone());
        }
        let queues = queues.values();
        let batches = queues.flat_map(|receipts| receipts.chunks(MOST_MESSAGES));
        batches.map(<[Receipt]>::to_vec).collect()
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Receipt>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
