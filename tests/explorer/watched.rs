//! The far end of the ledger and of the queue, where all that took effect is written down.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::SimQueue;
use hikyaku_core::{
    BoxFuture, Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Held, Ledger, LedgerError,
    Outgoing, Place, Queue, QueueError, Receipt, Record, Release, Replace, State, Timestamp,
};

use super::book::Book;
use super::reached::Event;
use super::simulation::Hiding;

pub(crate) struct Watched {
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Where it shows whether a write was made that is said to have been.
    pub(crate) records: Arc<MemoryLedger>,
    pub(crate) book: Arc<Book>,
}

impl Watched {
    fn claimed(&self, request: &ClaimRequest, reply: &Result<ClaimReply, LedgerError>) {
        if let Ok(ClaimReply::Granted(grant)) = reply {
            self.book.claimed(request, grant.token, grant.tries_spent);
        }
    }

    fn applied(&self, reply: &Result<Fence, LedgerError>) -> bool {
        if matches!(reply, Ok(Fence::Refused(_))) {
            self.book.reached.count(Event::Fenced);
        }
        matches!(reply, Ok(Fence::Applied))
    }
}

impl Ledger for Watched {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.claim(request).await;
            self.claimed(request, &reply);
            reply
        })
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.replace(request, seen, why).await;
            self.claimed(request, &reply);
            reply
        })
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.save(held, checkpoint).await;
            if self.applied(&reply) {
                self.book.saved(&held.id, checkpoint);
            }
            reply
        })
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.extend(held, lease).await;
            self.applied(&reply);
            reply
        })
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.complete(held, end).await;
            let is_done = || {
                let record = self.records.record(&held.id);
                record.is_some_and(|record| record.state == State::Done)
            };
            if self.applied(&reply) && is_done() {
                self.book.completed(&held.id);
            }
            reply
        })
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.release(held, release).await;
            if self.applied(&reply) {
                self.book.released(&held.id, held.token, release);
            }
            reply
        })
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.fail(held, row, end).await;
            if self.applied(&reply) {
                self.book.failed(&held.id, held.token);
            }
            reply
        })
    }

    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>> {
        self.ledger.bury(row, place)
    }
}

pub(crate) struct WatchedQueue {
    pub(crate) queue: Arc<dyn Queue>,
    /// Where it shows what a receipt is good for.
    pub(crate) messages: SimQueue,
    pub(crate) hiding: Hiding,
    pub(crate) book: Arc<Book>,
}

impl Queue for WatchedQueue {
    fn change_visibility<'a>(
        &'a self,
        receipt: &'a Receipt,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            match self.messages.is_in_flight_with(receipt) {
                Some(true) => {}
                Some(false) => self.book.reached.count(Event::OlderReceipt),
                None => self.book.reached.count(Event::StaleReceipt),
            }
            let changed = self.queue.change_visibility(receipt, delay).await;
            if changed.is_ok() {
                self.book
                    .given_back(receipt, self.messages.visible(receipt));
            }
            changed
        })
    }

    fn change_visibility_batch<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            if self.hiding == Hiding::Fails {
                return Ok(());
            }
            let kept = self.queue.change_visibility_batch(receipts, delay).await;
            if kept.is_ok() {
                self.book.kept(receipts);
            }
            kept
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let sent = self.queue.send(message).await;
            if sent.is_ok() {
                self.book.sent(message);
            }
            sent
        })
    }
}
