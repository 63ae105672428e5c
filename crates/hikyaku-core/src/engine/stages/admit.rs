//! Admit: what a claimed job has to pass before it runs.

use std::time::Duration;

use hikyaku_laravel::cache;
use hikyaku_laravel::relay::Ask;

use crate::engine::engine::Engine;
use crate::engine::model::attempt::Finished;
use crate::engine::model::plan::{BatchCheck, Debounce, OverlapLock};
use crate::engine::model::settled::Settled;
use crate::explain::explain;
use crate::ports::cache::Lock;
use crate::ports::store::StoreError;
use crate::{Delivery, Outcome, Timestamp, Unlock};

/// What became of a claimed job at the door.
enum Admitted {
    /// It may run; these locks are given up when it has.
    In(Vec<Unlock>),
    /// It counts as done without running, and what follows it follows.
    Skipped,
    /// A later dispatch has taken its place; nothing follows it.
    Dropped,
    /// Another job holds a lock; come again after this time.
    Wait(Duration),
    /// It can never run here, for this reason.
    Refused(String),
    /// What has to be asked did not answer.
    Unknown(String),
}

/// How long a job waits at least before it looks again whether a lock is free. The more often it came in vain the longer,
/// by about a tenth of the time so far, for its queue counts the receives: a hundred of them outlast the day that a lock
/// lasts at most unless its job says otherwise.
fn shortest_wait(delivery: &Delivery) -> Duration {
    // Laravel's `releaseAfter(0)` comes again when its worker next looks, which is every three seconds.
    const AT_ONCE: u64 = 3;
    let before = u64::from(delivery.receive_count.saturating_sub(1));
    Duration::from_secs((before.saturating_mul(before) / 3).max(AT_ONCE))
}

impl Engine<'_> {
    /// Lets a claimed job in and answers the locks it runs under; or settles it without running it.
    pub(crate) async fn enter(&self, job: &Finished<'_>) -> Result<Vec<Unlock>, Settled> {
        Err(match self.admit(job).await {
            Admitted::In(locks) => return Ok(locks),
            Admitted::Skipped => self.settle_skipped(job).await,
            Admitted::Dropped => self.settle_superseded(job).await,
            Admitted::Wait(delay) => {
                let outcome = Outcome::Overlapping;
                let delay = delay.max(shortest_wait(job.delivery));
                self.settle_unrun(job, delay, outcome, None).await
            }
            Admitted::Refused(why) => self.settle_misfit(job, why).await,
            Admitted::Unknown(error) => {
                let outcome = Outcome::Unsettled;
                let pause = self.pause(job.delivery);
                self.settle_unrun(job, pause, outcome, Some(error)).await
            }
        })
    }

    /// Lets a claimed job in, or says why not. What was locked on the way is given up again if it may not.
    async fn admit(&self, job: &Finished<'_>) -> Admitted {
        let admission = &job.plan.admission;
        if admission.skip {
            return Admitted::Skipped;
        }
        if let Some(debounce) = &admission.debounce {
            match self.is_superseded(debounce).await {
                Ok(true) => return Admitted::Dropped,
                Ok(false) => {}
                Err(error) => return Admitted::Unknown(explain(&error)),
            }
        }
        if let Some(check) = &admission.batch {
            match self.check_batch(check).await {
                Ok(None) => {}
                Ok(Some(answer)) => return answer,
                Err(error) => return Admitted::Unknown(explain(&error)),
            }
        }
        let mut held = Vec::with_capacity(admission.overlaps.len());
        for lock in &admission.overlaps {
            match self.lock(lock, job).await {
                Ok(Some(unlock)) => held.push(unlock),
                Ok(None) => {
                    self.unlock(&held).await;
                    return match lock.release_after {
                        Some(seconds) => Admitted::Wait(Duration::from_secs(seconds)),
                        None => Admitted::Skipped,
                    };
                }
                Err(error) => {
                    self.unlock(&held).await;
                    return Admitted::Unknown(explain(&error));
                }
            }
        }
        if let Err(error) = self.announce(job).await {
            self.unlock(&held).await;
            return Admitted::Unknown(error);
        }
        Admitted::In(held)
    }

    /// Whether a later dispatch is known. If none is (the entry has expired), this one runs, as in Laravel.
    async fn is_superseded(&self, debounce: &Debounce) -> Result<bool, StoreError> {
        let Some(store) = &self.ports.laravel.cache else {
            return Ok(false);
        };
        let now = self.now();
        let last = self
            .until_recorded(&debounce.key, self.give_up(), || {
                store.cache.get(&debounce.key, now)
            })
            .await?;
        Ok(last.is_some_and(|last| {
            cache::unserialized(&last).is_some_and(|owner| owner != debounce.owner)
        }))
    }

    async fn check_batch(&self, check: &BatchCheck) -> Result<Option<Admitted>, StoreError> {
        let Some(batches) = &self.ports.laravel.batches else {
            return Ok(None);
        };
        let batch = self
            .until_recorded(&check.id, self.give_up(), || batches.read(&check.id))
            .await?;
        let Some(batch) = batch else {
            return Ok(None);
        };
        if check.skip_if_cancelled && batch.cancelled {
            return Ok(Some(Admitted::Skipped));
        }
        if check.refuse_callbacks && batch.options.has_callbacks() {
            return Ok(Some(Admitted::Refused(format!(
                "batch `{}` has php callbacks, and nobody would call them: set HIKYAKU_RELAY_QUEUE_URL",
                check.id
            ))));
        }
        Ok(None)
    }

    async fn lock(
        &self,
        lock: &OverlapLock,
        job: &Finished<'_>,
    ) -> Result<Option<Unlock>, StoreError> {
        let Some(store) = &self.ports.laravel.cache else {
            return Ok(None);
        };
        let token = job.claim.held.as_ref().map_or(0, |held| held.token);
        let value = cache::serialized(&cache::owner(job.id, token));
        let request = |now: Timestamp| Lock {
            key: lock.key.clone(),
            value: value.clone(),
            job: cache::serialized_owner_prefix(job.id),
            now,
            expires: now + Duration::from_secs(lock.seconds),
        };
        let request = request(self.now());
        let locked = self
            .until_recorded(&lock.key, self.give_up(), || store.cache.lock(&request))
            .await?;
        Ok(locked.then(|| Unlock {
            key: lock.key.clone(),
            value: Some(value.clone()),
        }))
    }

    /// Gives locks up. One that cannot be given up stays until it expires, or until the job comes again.
    pub(crate) async fn unlock(&self, held: &[Unlock]) {
        let Some(store) = &self.ports.laravel.cache else {
            return;
        };
        for unlock in held {
            let answer = self.until_recorded(&unlock.key, self.hard_deadline(), || {
                store.cache.unlock(unlock)
            });
            if let Err(error) = answer.await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a lock stays until it expires"
                );
            }
        }
    }

    /// Gives up what earlier attempts left locked of a job that will not run again.
    pub(crate) async fn abandon_locks(&self, job: &Finished<'_>) {
        for lock in &job.plan.admission.overlaps {
            if let Ok(Some(unlock)) = self.lock(lock, job).await {
                self.unlock(&[unlock]).await;
            }
        }
    }

    /// What ends when the job begins: the lock of a job that is unique until it is processed.
    async fn announce(&self, job: &Finished<'_>) -> Result<(), String> {
        self.unlock(&job.plan.admission.unlock).await;
        let ask = self.settling(job, &job.plan.ask_started).map(Ask::Started);
        self.ask_php(job, "started", ask).await
    }

    /// Until when a question is repeated: not so long that the job has no time left.
    fn give_up(&self) -> Timestamp {
        self.now() + Duration::from_secs(5)
    }
}
