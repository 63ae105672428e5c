//! What an application's queue and tables can do wrong, or its end of the ledger: one thing at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::{Scheduler, SimQueue, yield_now};
use hikyaku_core::{
    Batch, Batches, BoxFuture, Cache, ClaimReply, ClaimRequest, End, FailedJob, Fence, Held,
    Ledger, LedgerError, Lock, Outgoing, Queue, QueueError, Receipt, Record, Release, Replace,
    State, StoreError, Timestamp, Unlock,
};
use hikyaku_laravel::batch::BatchOptions;
use serde_json::{Value, json};

use super::application::{BATCH, Ends, Origin, PHP, UNIQUE};
use super::laravel::{EVER, alone, chain, hooked, member, unique};
use super::mutants::Mutant;
use super::play::Act::{Error, Fail, Ok as Done};
use super::rule;
use super::simulation::{Plan, Scenario};
use super::worlds::{plan, scenario};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    /// The link is sent before its job is recorded as done.
    SendsBeforeItCompletes,
    /// A redelivery that finds the job done sends nothing.
    FollowsNothingThatIsDone,
    /// What is sent is acknowledged before it is there.
    AcknowledgesBeforeItSends,
    /// A repetition has an identity of its own.
    GivesLinksRandomIds,
    GivesQuestionsRandomIds,
    /// The batch is counted beside the job's end.
    CountsAfterwards,
    /// The batch is counted for every message of its job.
    CountsCopies,
    /// A failure is not written down in the batch.
    CountsNoFailures,
    /// `then` is asked for when one job is left.
    ReadsOneLess,
    /// A batch is read as it was a while ago.
    ReadsWhatWas,
    /// A unique lock goes whoever has it.
    UnlocksWithoutOwner,
    UnlocksOnRelease,
    UnlocksNothing,
    /// Nobody takes a dead attempt's lock over.
    TakesNothingOver,
    /// Everybody takes locks over.
    TakesEverythingOver,
    /// A lock under which a job runs is not given up.
    KeepsLocks,
}

impl Defect {
    fn words(self) -> &'static str {
        match self {
            Self::SendsBeforeItCompletes => {
                "the next link is sent before its job is recorded as done"
            }
            Self::FollowsNothingThatIsDone => "a redelivery that finds the job done sends nothing",
            Self::AcknowledgesBeforeItSends => {
                "a message is settled before what follows it is sent"
            }
            Self::GivesLinksRandomIds => "a link that is sent twice has two ids",
            Self::GivesQuestionsRandomIds => "a question to PHP that is asked twice has two ids",
            Self::CountsAfterwards => "a batch is counted beside the end of its job",
            Self::CountsCopies => "a batch is counted for every message of its job",
            Self::CountsNoFailures => "a failure is not counted in its batch",
            Self::ReadsOneLess => "`then` is asked for when one job is left",
            Self::ReadsWhatWas => "a batch is read as it was a while ago",
            Self::UnlocksWithoutOwner => "a unique lock is released whoever holds it",
            Self::UnlocksOnRelease => "a unique lock is released before the job's end",
            Self::UnlocksNothing => "a unique lock is not released",
            Self::TakesNothingOver => "nobody takes over the overlap lock of a dead attempt",
            Self::TakesEverythingOver => "anybody takes over the overlap lock of a live attempt",
            Self::KeepsLocks => "an overlap lock is not released",
        }
    }
}

/// Everything a world is made of, with one thing wrong with it.
struct Spoilt {
    defect: Defect,
    ledger: Arc<MemoryLedger>,
    queue: SimQueue,
    scheduler: Scheduler,
    /// Completions that are still to be written.
    late: Mutex<Vec<(Held, End)>>,
    /// A batch as it was read before.
    read: Mutex<Option<Batch>>,
    sent: AtomicU64,
}

impl Spoilt {
    fn ends(defect: Defect, origin: &Origin) -> Ends {
        let spoilt = Arc::new(Self {
            defect,
            ledger: Arc::clone(&origin.ledger),
            queue: origin.queue.clone(),
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
        }
    }

    fn is(&self, defect: Defect) -> bool {
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

    fn bury<'a>(&'a self, row: &'a FailedJob) -> BoxFuture<'a, Result<(), LedgerError>> {
        self.ledger.bury(row)
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

impl Batches for Spoilt {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>> {
        Box::pin(async move {
            let mut batch = self.ledger.batch(id);
            if let (Some(batch), Defect::ReadsOneLess) = (&mut batch, self.defect) {
                batch.counts.pending = (batch.counts.pending - 1).max(0);
            }
            if self.is(Defect::ReadsWhatWas) {
                let mut read = self.read.lock().unwrap();
                let fresh = Batch {
                    counts: hikyaku_laravel::batch::Counts {
                        pending: i64::MAX,
                        failed: 0,
                    },
                    first_failed: None,
                    cancelled: false,
                    options: BatchOptions::default(),
                };
                return Ok(std::mem::replace(&mut *read, batch).or(Some(fresh)));
            }
            Ok(batch)
        })
    }

    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ledger.finish(id, now)
    }

    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ledger.cancel(id, now)
    }
}

impl Cache for Spoilt {
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut lock = lock.clone();
            match self.defect {
                Defect::TakesNothingOver => "nobody".clone_into(&mut lock.job),
                Defect::TakesEverythingOver => self.ledger.put(&lock.key, "", Timestamp::default()),
                _ => {}
            }
            self.ledger.lock(&lock).await
        })
    }

    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            if self.is(Defect::KeepsLocks) {
                return Ok(());
            }
            self.ledger.unlock(unlock).await
        })
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        self.ledger.get(key, now)
    }
}

/// The defect, a world in which it shows, and the rule that it breaks.
type World = (Defect, Scenario, &'static str);

fn worlds_of_messages() -> Vec<World> {
    use Defect::{
        AcknowledgesBeforeItSends, FollowsNothingThatIsDone, GivesLinksRandomIds,
        GivesQuestionsRandomIds, SendsBeforeItCompletes,
    };
    let chain = |faults| scenario(vec![chain(&[&[Done], &[Done]])], faults, 0, 0);
    let asks = || scenario(vec![hooked(&[Fail])], 1, 0, 0);
    let unknown = scenario(vec![plan("unknown", &[Done], 2)], 1, 0, 0);
    vec![
        (SendsBeforeItCompletes, chain(0), rule::LINKS_FOLLOW),
        (FollowsNothingThatIsDone, chain(1), rule::NOTHING_IS_LOST),
        (AcknowledgesBeforeItSends, chain(1), rule::NOTHING_IS_LOST),
        (AcknowledgesBeforeItSends, asks(), rule::QUESTIONS_ARE_ASKED),
        (AcknowledgesBeforeItSends, unknown, rule::NOTHING_IS_LOST),
        (GivesLinksRandomIds, chain(0), rule::LINKS_FOLLOW),
        (GivesQuestionsRandomIds, asks(), rule::QUESTIONS_ARE_ASKED),
    ]
}

fn worlds_of_batches() -> Vec<World> {
    use Defect::{CountsAfterwards, CountsCopies, CountsNoFailures, ReadsOneLess, ReadsWhatWas};
    let batch = |first: &[_], faults| {
        let plans = vec![member(first), member(&[Done])];
        scenario(plans, faults, 0, 0)
    };
    vec![
        (CountsAfterwards, batch(&[Done], 1), rule::BATCH_IS_COUNTED),
        (CountsCopies, batch(&[Done], 1), rule::BATCH_IS_COUNTED),
        (CountsNoFailures, batch(&[Fail], 0), rule::BATCH_IS_COUNTED),
        (ReadsOneLess, batch(&[Done], 0), rule::BATCH_IS_COUNTED),
        (ReadsWhatWas, batch(&[Done], 0), rule::BATCH_IS_COUNTED),
    ]
}

fn worlds_of_locks() -> Vec<World> {
    use Defect::{
        KeepsLocks, TakesEverythingOver, TakesNothingOver, UnlocksNothing, UnlocksOnRelease,
        UnlocksWithoutOwner,
    };
    let two_unique = |first: &[_]| {
        let plans = vec![unique(first, EVER), unique(&[Done], EVER)];
        scenario(plans, 0, 0, 0)
    };
    let slow = |sleep, plan| Plan { sleep, ..plan };
    let expiring = vec![
        slow(30, unique(&[Done], 20)),
        slow(60, unique(&[Error, Done], EVER)),
    ];
    let expiring = scenario(expiring, 0, 0, 0);
    let one = |faults| scenario(vec![alone(&[Done])], faults, 0, 0);
    let two = vec![alone(&[Error, Done]), slow(30, alone(&[Done]))];
    let two = scenario(two, 0, 0, 0);
    vec![
        (UnlocksWithoutOwner, expiring, rule::ONE_HOLDER),
        (
            UnlocksOnRelease,
            two_unique(&[Error, Done]),
            rule::ONE_HOLDER,
        ),
        (UnlocksNothing, two_unique(&[Done]), rule::ONE_HOLDER),
        (TakesNothingOver, one(1), rule::NO_OVERLAP),
        (TakesEverythingOver, two, rule::NO_OVERLAP),
        (KeepsLocks, one(0), rule::NO_OVERLAP),
    ]
}

pub(crate) fn mutants() -> Vec<Mutant> {
    let worlds = [worlds_of_messages(), worlds_of_batches(), worlds_of_locks()];
    let worlds = worlds.into_iter().flatten().enumerate();
    let mutant = |(index, (defect, scenario, rule)): (usize, World)| Mutant {
        // Some have several worlds.
        name: match defect {
            Defect::AcknowledgesBeforeItSends => format!("defect/{defect:?}{index}"),
            _ => format!("defect/{defect:?}"),
        },
        words: defect.words(),
        scenario: Scenario {
            around: Arc::new(move |origin| Spoilt::ends(defect, origin)),
            ..scenario
        },
        rules: vec![rule],
    };
    worlds.map(mutant).collect()
}
