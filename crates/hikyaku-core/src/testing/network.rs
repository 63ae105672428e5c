//! What lies between the engine and its ports: calls take effect or not, and answers arrive, late, or never.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_laravel::overflow::Pointer;

use super::scheduler::{ProcessId, yield_now};
use crate::{
    Batch, Batches, BoxFuture, Cache, ClaimReply, ClaimRequest, Clock, End, FailedJob, Fence, Held,
    Ledger, LedgerError, Lock, Outgoing, Payloads, Queue, QueueError, Receipt, Record, Release,
    Replace, StoreError, Timestamp, Unlock,
};

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// It takes effect and is answered.
    #[default]
    Answered,
    /// It has no effect, and an error says so.
    Throttled,
    /// It takes effect, but an error is all the caller sees.
    AnswerLost,
    /// It takes effect only after this time.
    Late(Duration),
    /// It takes effect at once, but the answer takes this time.
    AnsweredLate(Duration),
}

/// One call on its way.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The process that calls.
    pub process: ProcessId,
    /// `claim`, `complete`, `change_visibility`, ….
    pub operation: &'static str,
    /// The job, or the receipt's handle.
    pub subject: &'a str,
}

/// Decides what becomes of calls.
pub trait Network: Send + Sync + 'static {
    /// What becomes of this call.
    fn fate(&self, call: Call<'_>) -> Fate;

    /// How far the clock of this process is ahead, and how far behind.
    fn skew(&self, _process: ProcessId) -> (Duration, Duration) {
        (Duration::ZERO, Duration::ZERO)
    }
}

/// A network on which nothing goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reliable;

impl Network for Reliable {
    fn fate(&self, _: Call<'_>) -> Fate {
        Fate::Answered
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Fault(&'static str);

/// One process's line to its ports. Every call gives way once before it takes effect, so that a process can be killed
/// there.
#[derive(Clone)]
pub struct Line {
    /// The process at this end.
    pub process: ProcessId,
    /// What decides.
    pub network: Arc<dyn Network>,
    /// What late calls wait by.
    pub clock: Arc<dyn Clock>,
}

impl Line {
    async fn call<T, E>(
        &self,
        operation: &'static str,
        subject: &str,
        call: BoxFuture<'_, Result<T, E>>,
        error: impl FnOnce(Fault) -> E,
    ) -> Result<T, E> {
        yield_now().await;
        let process = self.process;
        let call_made = Call {
            process,
            operation,
            subject,
        };
        match self.network.fate(call_made) {
            Fate::Answered => call.await,
            Fate::Throttled => Err(error(Fault("throttled"))),
            Fate::AnswerLost => match call.await {
                Ok(_) => Err(error(Fault("the answer was lost"))),
                refused => refused,
            },
            Fate::Late(time) => {
                self.wait(time).await;
                call.await
            }
            Fate::AnsweredLate(time) => {
                let answer = call.await;
                self.wait(time).await;
                answer
            }
        }
    }

    async fn wait(&self, time: Duration) {
        self.clock.sleep_until(self.clock.now() + time).await;
    }
}

/// A ledger behind a [`Line`].
pub struct DistantLedger {
    /// The line.
    pub line: Line,
    /// The ledger at its end.
    pub ledger: Arc<dyn Ledger>,
}

impl DistantLedger {
    fn call<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        id: &'a str,
        call: BoxFuture<'a, Result<T, LedgerError>>,
    ) -> BoxFuture<'a, Result<T, LedgerError>> {
        let error = move |fault: Fault| LedgerError {
            operation,
            id: id.to_owned(),
            retryable: true,
            source: fault.into(),
        };
        Box::pin(self.line.call(operation, id, call, error))
    }
}

impl Ledger for DistantLedger {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        self.call("claim", &request.id, self.ledger.claim(request))
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        self.call(
            "replace",
            &request.id,
            self.ledger.replace(request, seen, why),
        )
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call("extend", &held.id, self.ledger.extend(held, lease))
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call("complete", &held.id, self.ledger.complete(held, end))
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call("release", &held.id, self.ledger.release(held, release))
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call("fail", &held.id, self.ledger.fail(held, row, end))
    }

    fn bury<'a>(&'a self, row: &'a FailedJob) -> BoxFuture<'a, Result<(), LedgerError>> {
        self.call("bury", &row.id, self.ledger.bury(row))
    }
}

/// A queue behind a [`Line`].
pub struct DistantQueue {
    /// The line.
    pub line: Line,
    /// The queue at its end.
    pub queue: Arc<dyn Queue>,
}

impl Queue for DistantQueue {
    fn change_visibility<'a>(
        &'a self,
        receipt: &'a Receipt,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        let error = |fault: Fault| QueueError {
            action: "changing a message's visibility",
            queue: receipt.queue.clone(),
            retryable: true,
            source: fault.into(),
        };
        let call = self.queue.change_visibility(receipt, delay);
        Box::pin(
            self.line
                .call("change_visibility", &receipt.handle, call, error),
        )
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        let error = |fault: Fault| QueueError {
            action: "sending a message",
            queue: message.queue.clone(),
            retryable: true,
            source: fault.into(),
        };
        let call = self.queue.send(message);
        Box::pin(self.line.call("send", &message.deduplication, call, error))
    }
}

/// Laravel's tables behind a [`Line`].
pub struct DistantTables<T> {
    /// The line.
    pub line: Line,
    /// The tables at its end.
    pub tables: Arc<T>,
}

impl<T> DistantTables<T> {
    fn call<'a, A: Send + 'a>(
        &'a self,
        operation: &'static str,
        subject: &'a str,
        call: BoxFuture<'a, Result<A, StoreError>>,
    ) -> BoxFuture<'a, Result<A, StoreError>>
    where
        T: Send + Sync,
    {
        let error = move |fault: Fault| StoreError {
            action: operation,
            subject: subject.to_owned(),
            retryable: true,
            source: fault.into(),
        };
        Box::pin(self.line.call(operation, subject, call, error))
    }
}

impl<T: Batches> Batches for DistantTables<T> {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>> {
        self.call("read_batch", id, self.tables.read(id))
    }

    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call("finish_batch", id, self.tables.finish(id, now))
    }

    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call("cancel_batch", id, self.tables.cancel(id, now))
    }
}

impl<T: Cache> Cache for DistantTables<T> {
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call("lock", &lock.key, self.tables.lock(lock))
    }

    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call("unlock", &unlock.key, self.tables.unlock(unlock))
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        self.call("get", key, self.tables.get(key, now))
    }
}

impl<T: Payloads> Payloads for DistantTables<T> {
    fn fetch<'a>(
        &'a self,
        pointer: &'a Pointer,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        let Pointer::Laravel { key } = pointer else {
            return self.call("fetch", "a body of ours", self.tables.fetch(pointer, now));
        };
        self.call("fetch", key, self.tables.fetch(pointer, now))
    }
}

impl<T> std::fmt::Debug for DistantTables<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DistantTables")
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DistantLedger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DistantLedger")
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DistantQueue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DistantQueue")
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Line")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}
