//! What an application's queue and tables can do wrong, or its end of the ledger: one thing at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::{Scheduler, SimQueue, VirtualClock, yield_now};
use hikyaku_core::{
    Batch, BoxFuture, Buried, Cache, ClaimReply, ClaimRequest, Clock, End, FailedJob, Fence, Held,
    Ledger, LedgerError, Outgoing, Place, Queue, QueueError, Receipt, Record, Release, Replace,
    State, Timestamp, Unlock,
};
use serde_json::{Value, json};

use super::application::{BATCH, Ends, Origin, PHP, UNIQUE};
use super::spoilt_worlds::Defect;

/// Everything a world is made of, with one thing wrong with it.
pub(super) struct Spoilt {
    pub(super) defect: Defect,
    pub(super) ledger: Arc<MemoryLedger>,
    queue: SimQueue,
    clock: VirtualClock,
    scheduler: Scheduler,
    /// Completions that are still to be written.
    late: Mutex<Vec<(Held, End)>>,
    /// A batch as it was read before.
    pub(super) read: Mutex<Option<Batch>>,
    sent: AtomicU64,
}

impl Spoilt {
    pub(super) fn ends(defect: Defect, origin: &Origin) -> Ends {
        let spoilt = Arc::new(Self {
            defect,
            ledger: Arc::clone(&origin.ledger),
            queue: origin.queue.clone(),
            clock: origin.clock.clone(),
            scheduler: origin.scheduler.clone(),
            late: Mutex::default(),
            read: Mutex::default(),
            sent: AtomicU64::new(0),
        });
        Ends {
            ledger: Arc::clone(&spoilt) as _,
            queue: Arc::clone(&spoilt) as _,
            cache: Arc::clone(&spoilt) as _,
            batches: spoilt,
            php_is_hasty: defect == Defect::AnswersBeforeTheEnd,
        }
    }

    pub(super) fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    /// Writes what was acknowledged before.
    async fn catch_up(&self) -> Result<(), LedgerError> {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        for (held, end) in late {
            self.ledger.complete(&held, &end).await?;
        }
        Ok(())
    }

    /// Counts a job as done, whether it was counted before or not.
    fn count(&self) {
        if let Some(batch) = self.ledger.batch(BATCH) {
            let pending = batch.counts.pending - 1;
            self.ledger.add_batch(BATCH, pending, batch.options);
        }
    }

    fn unlocks(&self, end: &End) -> Vec<Unlock> {
        let mut unlock = end.unlock.clone();
        if self.is(Defect::UnlocksWithoutOwner) {
            for unlock in &mut unlock {
                unlock.value = None;
            }
        }
        if self.is(Defect::UnlocksNothing) {
            unlock.clear();
        }
        unlock
    }

    /// The message under another identity.
    fn renamed(&self, message: &Outgoing) -> Outgoing {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let mut body: Value = serde_json::from_str(&message.body).unwrap_or_default();
        let is_question = message.queue == PHP;
        if is_question && self.is(Defect::GivesQuestionsRandomIds) {
            body["data"]["id"] = json!(format!("question-{number}"));
        } else if !is_question && self.is(Defect::GivesLinksRandomIds) {
            body["uuid"] = json!(format!("link-{number}"));
        } else {
            return message.clone();
        }
        Outgoing {
            body: body.to_string(),
            ..message.clone()
        }
    }
}

impl Ledger for Spoilt {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let reply = self.ledger.claim(request).await?;
            let ClaimReply::Refused(Some(mut record)) = reply else {
                return Ok(reply);
            };
            if record.state == State::Done && self.is(Defect::CountsCopies) {
                self.count();
            }
            if record.state == State::Done && self.is(Defect::FollowsNothingThatIsDone) {
                record.state = State::Cancelled;
            }
            Ok(ClaimReply::Refused(Some(record)))
        })
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        self.ledger.replace(request, seen, why)
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.ledger.save(held, checkpoint)
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.ledger.extend(held, lease)
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            self.catch_up().await?;
            let mut end = end.clone();
            end.unlock = self.unlocks(&end);
            match self.defect {
                Defect::SendsBeforeItCompletes => {
                    self.late.lock().unwrap().push((held.clone(), end));
                    Ok(Fence::Applied)
                }
                Defect::CountsAfterwards => {
                    end.batch = None;
                    let fence = self.ledger.complete(held, &end).await?;
                    if fence == Fence::Applied {
                        yield_now().await;
                        self.count();
                    }
                    Ok(fence)
                }
                _ => self.ledger.complete(held, &end).await,
            }
        })
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let fence = self.ledger.release(held, release).await;
            if self.is(Defect::UnlocksOnRelease) {
                let unlock = Unlock {
                    key: UNIQUE.to_owned(),
                    value: None,
                };
                // The ledger in memory does not fail.
                drop(Cache::unlock(&*self.ledger, &unlock).await);
            }
            fence
        })
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let mut end = end.clone();
            end.unlock = self.unlocks(&end);
            if self.is(Defect::CountsNoFailures) {
                end.batch = None;
            }
            self.ledger.fail(held, row, &end).await
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

impl Queue for Spoilt {
    fn change_visibility<'a>(
        &'a self,
        receipt: &'a Receipt,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        self.queue.change_visibility(receipt, delay)
    }

    fn change_visibility_batch<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        let later = self.is(Defect::HidesLater);
        if !later && !self.is(Defect::HidesNothing) {
            return self.queue.change_visibility_batch(receipts, delay);
        }
        if let Some(process) = self.scheduler.current_process().filter(|_| later) {
            let (queue, clock, receipts) =
                (self.queue.clone(), self.clock.clone(), receipts.to_vec());
            self.scheduler.spawn(process, async move {
                clock
                    .sleep_until(clock.now() + Duration::from_secs(3))
                    .await;
                drop(queue.change_visibility_batch(&receipts, delay).await);
            });
        }
        Box::pin(async { Ok(()) })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let message = self.renamed(message);
            let Some(process) = self.scheduler.current_process() else {
                return Queue::send(&self.queue, &message).await;
            };
            if !self.is(Defect::AcknowledgesBeforeItSends) {
                return Queue::send(&self.queue, &message).await;
            }
            let queue = self.queue.clone();
            self.scheduler.spawn(process, async move {
                yield_now().await;
                drop(Queue::send(&queue, &message).await);
            });
            Ok(())
        })
    }
}
