//! Keeper: the messages of an invocation stay hidden for as long as it lives, and for little longer.
//!
//! A queue's visibility timeout has to outlast its function. So a process that dies would leave its messages hidden for most of
//! it, and what a process has finished could come back while a neighbour still runs, for the queue is told of both at once. The
//! keeper hides all of them in short steps instead, finished ones included. Never one that was given back: whoever hides that
//! again undoes its delay.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, select};
use futures_util::lock::Mutex as Turnstile;

use crate::engine::engine::Engine;
use crate::{Delivery, Receipt, Timestamp};

/// Between two steps.
const STEP: Duration = Duration::from_secs(30);

/// How long each of them hides a message: two may fail, and a little is left for the lease of a dead attempt to end.
const HIDING: Duration = Duration::from_secs(92);

/// How many requests are under way at once.
const AT_ONCE: usize = 8;

/// Who gives a message back waits for so long at most until a step that is under way has come to its end.
const PATIENCE: Duration = Duration::from_secs(5);

/// A queue that hides its messages for no longer needs no keeper: what a dead process has comes back soon enough.
const SHORT_VISIBILITY: Duration = Duration::from_secs(120);

/// How many messages one request is about (Amazon SQS API reference, `ChangeMessageVisibilityBatch`).
const MOST_MESSAGES: usize = 10;

/// The messages of an invocation that nobody has given back.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    kept: Mutex<BTreeMap<String, Receipt>>,
    step: Turnstile<()>,
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
    fn batches(&self) -> Vec<Vec<Receipt>> {
        let mut queues: BTreeMap<String, Vec<Receipt>> = BTreeMap::new();
        for receipt in self.kept().values() {
            let queue = queues.entry(receipt.queue.clone()).or_default();
            queue.push(receipt.clone());
        }
        let queues = queues.values();
        let batches = queues.flat_map(|receipts| receipts.chunks(MOST_MESSAGES));
        batches.map(<[Receipt]>::to_vec).collect()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Receipt>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine<'_> {
    /// Hides what is kept again and again, for as long as it is polled. Never ends by itself: the invocation does.
    pub(crate) async fn keep(&self) {
        loop {
            let next = self.now() + STEP;
            // A queue that does not answer must not keep the next step waiting.
            let step = pin!(self.keep_once());
            select(step, self.ports.clock.sleep_until(next)).await;
            self.ports.clock.sleep_until(next).await;
        }
    }

    async fn keep_once(&self) {
        let _step = self.keeper.step.lock().await;
        for batches in self.keeper.batches().chunks(AT_ONCE) {
            let queue = &*self.ports.queue;
            let hidden = batches
                .iter()
                .map(|batch| queue.change_visibility_batch(batch, HIDING));
            for error in join_all(hidden).await.into_iter().filter_map(Result::err) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "messages of this invocation keep their queue's visibility timeout for now"
                );
            }
        }
    }

    /// Leaves a message alone from now on: the queue is about to be told when it comes back, or it is to come back by itself.
    pub(crate) async fn let_go(&self, delivery: &Delivery) {
        let receipt = delivery.receipt.as_ref();
        let was_kept = receipt.and_then(|one| self.keeper.kept().remove(&one.handle));
        if was_kept.is_some() {
            // A step that is under way may still have it.
            let over = self.ports.clock.sleep_until(self.now() + PATIENCE);
            drop(select(self.keeper.step.lock(), over).await);
        }
    }
}
