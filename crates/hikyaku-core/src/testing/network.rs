//! What lies between the engine and its ports: calls take effect or not, and answers arrive, late, or never.

use std::sync::Arc;
use std::time::Duration;

use futures_channel::oneshot;
use hikyaku_laravel::overflow::Pointer;

use super::scheduler::{ProcessId, Scheduler, yield_now};
use crate::{
    Batch, Batches, BoxFuture, Buried, Cache, ClaimReply, ClaimRequest, Clock, Comparison, End,
    FailedJob, Fence, Held, Ledger, LedgerError, Lock, Outgoing, Payloads, Place, Queue,
    QueueError, Receipt, Record, Release, Replace, Route, Routes, StoreError, Timestamp, Unlock,
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
    /// It takes effect only after this time, though its caller may be dead by then.
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

    /// A call took effect after its caller was gone.
    fn outlived(&self, _call: Call<'_>) {}
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
    /// Where calls are that are on their way.
    pub scheduler: Scheduler,
}

/// The process of all calls that are on their way: nobody kills it.
const WIRE: ProcessId = ProcessId(usize::MAX - 1);

impl Line {
    /// Makes a call. `detached` is the same call for when it outlives its caller.
    async fn call<T: Send + 'static, E: Send + 'static>(
        &self,
        operation: &'static str,
        subject: &str,
        call: BoxFuture<'_, Result<T, E>>,
        detached: impl FnOnce() -> BoxFuture<'static, Result<T, E>>,
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
                let (sender, answer) = oneshot::channel();
                let (line, call, subject) = (self.clone(), detached(), subject.to_owned());
                self.scheduler.spawn(WIRE, async move {
                    line.wait(time).await;
                    if sender.send(call.await).is_err() {
                        line.network.outlived(Call {
                            process,
                            operation,
                            subject: &subject,
                        });
                    }
                });
                let lost = |_| Err(error(Fault("the answer was lost")));
                answer.await.unwrap_or_else(lost)
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
    fn call<'a, T: Send + 'static>(
        &'a self,
        operation: &'static str,
        id: &'a str,
        call: BoxFuture<'a, Result<T, LedgerError>>,
        detached: impl FnOnce() -> BoxFuture<'static, Result<T, LedgerError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, LedgerError>> {
        let error = move |fault: Fault| LedgerError {
            operation,
            id: id.to_owned(),
            retryable: true,
            source: fault.into(),
        };
        Box::pin(self.line.call(operation, id, call, detached, error))
    }
}

impl Ledger for DistantLedger {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        self.call(
            "claim",
            &request.id,
            self.ledger.claim(request),
            move || {
                let (ledger, request) = (Arc::clone(&self.ledger), request.clone());
                Box::pin(async move { ledger.claim(&request).await })
            },
        )
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
            move || {
                let (ledger, request, seen) =
                    (Arc::clone(&self.ledger), request.clone(), seen.clone());
                Box::pin(async move { ledger.replace(&request, &seen, why).await })
            },
        )
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call(
            "save",
            &held.id,
            self.ledger.save(held, checkpoint),
            move || {
                let ledger = Arc::clone(&self.ledger);
                let (held, checkpoint) = (held.clone(), checkpoint.to_owned());
                Box::pin(async move { ledger.save(&held, &checkpoint).await })
            },
        )
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call(
            "extend",
            &held.id,
            self.ledger.extend(held, lease),
            move || {
                let (ledger, held) = (Arc::clone(&self.ledger), held.clone());
                Box::pin(async move { ledger.extend(&held, lease).await })
            },
        )
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call(
            "complete",
            &held.id,
            self.ledger.complete(held, end),
            move || {
                let (ledger, held, end) = (Arc::clone(&self.ledger), held.clone(), end.clone());
                Box::pin(async move { ledger.complete(&held, &end).await })
            },
        )
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call(
            "release",
            &held.id,
            self.ledger.release(held, release),
            move || {
                let (ledger, held, release) =
                    (Arc::clone(&self.ledger), held.clone(), release.clone());
                Box::pin(async move { ledger.release(&held, &release).await })
            },
        )
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.call(
            "fail",
            &held.id,
            self.ledger.fail(held, row, end),
            move || {
                let (ledger, held, row, end) = (
                    Arc::clone(&self.ledger),
                    held.clone(),
                    row.clone(),
                    end.clone(),
                );
                Box::pin(async move { ledger.fail(&held, &row, &end).await })
            },
        )
    }

    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>> {
        self.call("bury", &row.id, self.ledger.bury(row, place), move || {
            let (ledger, row) = (Arc::clone(&self.ledger), row.clone());
            Box::pin(async move { ledger.bury(&row, place).await })
        })
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
        let detached = move || -> BoxFuture<'static, _> {
            let (queue, receipt) = (Arc::clone(&self.queue), receipt.clone());
            Box::pin(async move { queue.change_visibility(&receipt, delay).await })
        };
        let (operation, handle) = ("change_visibility", &receipt.handle);
        Box::pin(self.line.call(operation, handle, call, detached, error))
    }

    fn change_visibility_batch<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        let Some(first) = receipts.first() else {
            return Box::pin(async { Ok(()) });
        };
        let error = |fault: Fault| QueueError {
            action: "changing the visibility of messages",
            queue: first.queue.clone(),
            retryable: true,
            source: fault.into(),
        };
        let call = self.queue.change_visibility_batch(receipts, delay);
        let detached = move || -> BoxFuture<'static, _> {
            let (queue, receipts) = (Arc::clone(&self.queue), receipts.to_vec());
            Box::pin(async move { queue.change_visibility_batch(&receipts, delay).await })
        };
        let (operation, handle) = ("change_visibility_batch", &first.handle);
        Box::pin(self.line.call(operation, handle, call, detached, error))
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        let error = |fault: Fault| QueueError {
            action: "sending a message",
            queue: message.queue.clone(),
            retryable: true,
            source: fault.into(),
        };
        let call = self.queue.send(message);
        let detached = move || -> BoxFuture<'static, _> {
            let (queue, message) = (Arc::clone(&self.queue), message.clone());
            Box::pin(async move { queue.send(&message).await })
        };
        let id = &message.deduplication;
        Box::pin(self.line.call("send", id, call, detached, error))
    }
}

/// Laravel's tables behind a [`Line`].
pub struct DistantTables<T: ?Sized> {
    /// The line.
    pub line: Line,
    /// The tables at its end.
    pub tables: Arc<T>,
}

impl<T: ?Sized + 'static> DistantTables<T> {
    fn call<'a, A: Send + 'static>(
        &'a self,
        operation: &'static str,
        subject: &'a str,
        call: BoxFuture<'a, Result<A, StoreError>>,
        detached: impl FnOnce() -> BoxFuture<'static, Result<A, StoreError>> + Send + 'a,
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
        Box::pin(self.line.call(operation, subject, call, detached, error))
    }
}

impl<T: Batches + ?Sized> Batches for DistantTables<T> {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>> {
        self.call("read_batch", id, self.tables.read(id), move || {
            let (tables, id) = (Arc::clone(&self.tables), id.to_owned());
            Box::pin(async move { tables.read(&id).await })
        })
    }

    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call("finish_batch", id, self.tables.finish(id, now), move || {
            let (tables, id) = (Arc::clone(&self.tables), id.to_owned());
            Box::pin(async move { tables.finish(&id, now).await })
        })
    }

    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call("cancel_batch", id, self.tables.cancel(id, now), move || {
            let (tables, id) = (Arc::clone(&self.tables), id.to_owned());
            Box::pin(async move { tables.cancel(&id, now).await })
        })
    }
}

impl<T: Routes + ?Sized> Routes for DistantTables<T> {
    fn find<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<Route>, StoreError>> {
        self.call("find_route", job, self.tables.find(job), move || {
            let (tables, job) = (Arc::clone(&self.tables), job.to_owned());
            Box::pin(async move { tables.find(&job).await })
        })
    }

    fn compared<'a>(&'a self, comparison: &'a Comparison) -> BoxFuture<'a, Result<(), StoreError>> {
        let compared = self.tables.compared(comparison);
        self.call("compared", &comparison.job, compared, move || {
            let (tables, comparison) = (Arc::clone(&self.tables), comparison.clone());
            Box::pin(async move { tables.compared(&comparison).await })
        })
    }
}

impl<T: Cache + ?Sized> Cache for DistantTables<T> {
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call("lock", &lock.key, self.tables.lock(lock), move || {
            let (tables, lock) = (Arc::clone(&self.tables), lock.clone());
            Box::pin(async move { tables.lock(&lock).await })
        })
    }

    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(
            "unlock",
            &unlock.key,
            self.tables.unlock(unlock),
            move || {
                let (tables, unlock) = (Arc::clone(&self.tables), unlock.clone());
                Box::pin(async move { tables.unlock(&unlock).await })
            },
        )
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        self.call("get", key, self.tables.get(key, now), move || {
            let (tables, key) = (Arc::clone(&self.tables), key.to_owned());
            Box::pin(async move { tables.get(&key, now).await })
        })
    }
}

impl<T: Payloads + ?Sized> Payloads for DistantTables<T> {
    fn fetch<'a>(
        &'a self,
        pointer: &'a Pointer,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        let subject = match pointer {
            Pointer::Laravel { key } => key,
            _ => "a body of ours",
        };
        self.call(
            "fetch",
            subject,
            self.tables.fetch(pointer, now),
            move || {
                let (tables, pointer) = (Arc::clone(&self.tables), pointer.clone());
                Box::pin(async move { tables.fetch(&pointer, now).await })
            },
        )
    }
}

impl<T: ?Sized> std::fmt::Debug for DistantTables<T> {
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
