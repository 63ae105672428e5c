//! Admit: what a claimed job has to pass before it runs.

use std::time::Duration;

use hikyaku_laravel::cache;
use hikyaku_laravel::relay::Ask;

use crate::engine::engine::Engine;
use crate::engine::model::claimed::Claimed;
use crate::engine::model::plan::{BatchCheck, Debounce, OverlapLock};
use crate::engine::model::stop::Stop;
use crate::explain::explain;
use crate::ports::cache::Lock;
use crate::ports::store::StoreError;
use crate::{Delivery, Outcome, Timestamp, Unlock};

/// It counts as done without running, and what follows it follows.
const SKIPPED: Stop = Stop::Done {
    outcome: Outcome::Skipped,
    commit: None,
};

/// How long a job waits at least before it looks again whether a lock is free. The more often it came in vain the longer,
/// by about a tenth of the time so far, for its queue counts the receives: a hundred of them outlast the day that a lock
/// lasts at most unless its job says otherwise.
fn shortest_wait(delivery: &Delivery) -> Duration {
    // Laravel's `releaseAfter(0)` comes again when its worker next looks, which is every three seconds.
    const AT_ONCE: u64 = 3;
    let before = u64::from(delivery.receive_count.saturating_sub(1));
    Duration::from_secs((before.saturating_mul(before) / 3).max(AT_ONCE))
}

/// Lets a claimed job in and answers the locks it runs under, or says why not. What was locked on the way is given up again if
/// it may not.
pub(crate) async fn admit(engine: &Engine<'_>, job: &Claimed<'_>) -> Result<Vec<Unlock>, Stop> {
    let admission = &job.plan.admission;
    if admission.skip {
        return Err(SKIPPED);
    }
    if let Some(debounce) = &admission.debounce {
        let superseded = is_superseded(engine, debounce).await;
        if superseded.map_err(|error| unknown(engine, job, &error))? {
            return Err(Stop::Superseded);
        }
    }
    if let Some(check) = &admission.batch {
        check_batch(engine, job, check).await?;
    }
    let mut held = Vec::with_capacity(admission.overlaps.len());
    let entered = async {
        for overlap in &admission.overlaps {
            let locked = lock(engine, overlap, job).await;
            match (
                locked.map_err(|error| unknown(engine, job, &error))?,
                overlap.release_after,
            ) {
                (Some(unlock), _) => held.push(unlock),
                (None, Some(seconds)) => {
                    let delay = Duration::from_secs(seconds).max(shortest_wait(job.delivery));
                    return Err(Stop::later(Outcome::Overlapping, delay));
                }
                (None, None) => return Err(SKIPPED),
            }
        }
        let announced = announce(engine, job).await;
        announced.map_err(|error| Stop::unsettled(engine.pause(job.delivery), error))
    };
    match entered.await {
        Ok(()) => Ok(held),
        Err(stop) => {
            unlock(engine, &held).await;
            Err(stop)
        }
    }
}

/// What has to be asked did not answer.
fn unknown(engine: &Engine<'_>, job: &Claimed<'_>, error: &StoreError) -> Stop {
    Stop::unsettled(engine.pause(job.delivery), explain(error))
}

/// Whether a later dispatch is known. If none is (the entry has expired), this one runs, as in Laravel.
async fn is_superseded(engine: &Engine<'_>, debounce: &Debounce) -> Result<bool, StoreError> {
    let Some(store) = &engine.ports.laravel.cache else {
        return Ok(false);
    };
    let now = engine.now();
    let last = engine
        .until_recorded(&debounce.key, give_up(engine), || {
            store.cache.get(&debounce.key, now)
        })
        .await?;
    Ok(last.is_some_and(|last| {
        cache::unserialized(&last).is_some_and(|owner| owner != debounce.owner)
    }))
}

async fn check_batch(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    check: &BatchCheck,
) -> Result<(), Stop> {
    let Some(batches) = &engine.ports.laravel.batches else {
        return Ok(());
    };
    let read = engine.until_recorded(&check.id, give_up(engine), || batches.read(&check.id));
    let Some(batch) = read.await.map_err(|error| unknown(engine, job, &error))? else {
        return Ok(());
    };
    if check.skip_if_cancelled && batch.cancelled {
        return Err(SKIPPED);
    }
    if check.refuse_callbacks && batch.options.has_callbacks() {
        return Err(Stop::misfit(format!(
            "batch `{}` has php callbacks, and nobody would call them: set HIKYAKU_RELAY_QUEUE_URL",
            check.id
        )));
    }
    Ok(())
}

async fn lock(
    engine: &Engine<'_>,
    lock: &OverlapLock,
    job: &Claimed<'_>,
) -> Result<Option<Unlock>, StoreError> {
    let Some(store) = &engine.ports.laravel.cache else {
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
    let request = request(engine.now());
    let locked = engine
        .until_recorded(&lock.key, give_up(engine), || store.cache.lock(&request))
        .await?;
    Ok(locked.then(|| Unlock {
        key: lock.key.clone(),
        value: Some(value.clone()),
    }))
}

/// Gives locks up. One that cannot be given up stays until it expires, or until the job comes again.
pub(crate) async fn unlock(engine: &Engine<'_>, held: &[Unlock]) {
    let Some(store) = &engine.ports.laravel.cache else {
        return;
    };
    for unlock in held {
        let answer = engine.until_recorded(&unlock.key, engine.hard_deadline(), || {
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
pub(crate) async fn abandon_locks(engine: &Engine<'_>, job: &Claimed<'_>) {
    for overlap in &job.plan.admission.overlaps {
        if let Ok(Some(held)) = lock(engine, overlap, job).await {
            unlock(engine, &[held]).await;
        }
    }
}

/// What ends when the job begins: the lock of a job that is unique until it is processed.
async fn announce(engine: &Engine<'_>, job: &Claimed<'_>) -> Result<(), String> {
    unlock(engine, &job.plan.admission.unlock).await;
    let ask = engine
        .settling(job, &job.plan.ask_started)
        .map(Ask::Started);
    engine.ask_php(job, "started", ask).await
}

/// Until when a question is repeated: not so long that the job has no time left.
fn give_up(engine: &Engine<'_>) -> Timestamp {
    engine.now() + Duration::from_secs(5)
}
