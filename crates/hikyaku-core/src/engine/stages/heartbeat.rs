//! Heartbeat: a long job's claim is prolonged in short steps, so that the next attempt may begin soon after its process was
//! killed.

use std::time::Duration;

use futures_util::future::{Either, select};

use crate::engine::engine::Engine;
use crate::engine::model::claim::{BEAT_LEASE, Claim, LEASE_MARGIN};
use crate::{Fence, Held, Policy, Timestamp};

/// Between two beats. Two may be lost before the lease ends.
const BEAT: Duration = Duration::from_secs(30);

/// After a beat that failed.
const RETRY: Duration = Duration::from_secs(5);

/// Prolongs the lease for as long as it is polled. Completes only when the job is lost: fenced, or its lease almost over
/// without a beat that came through. For a short job, and for one without a record, it never completes.
pub(crate) async fn keep_alive(engine: &Engine<'_>, policy: &Policy, claim: &mut Claim) {
    let Some(held) = claim.held.clone().filter(|_| policy.has_heartbeat()) else {
        return std::future::pending().await;
    };
    // Counted from the claim, whose answer may have taken its time.
    let mut next = (claim.lease - BEAT_LEASE) + BEAT;
    loop {
        engine.ports.clock.sleep_until(next).await;
        next = engine.now() + BEAT;
        match beat(engine, &held, claim.lease - LEASE_MARGIN).await {
            Beat::Kept(lease) => claim.lease = lease,
            Beat::Failed => next = (engine.now() + RETRY).min(claim.lease - LEASE_MARGIN),
            Beat::Lost => return,
        }
    }
}

/// Prolongs the lease. Gives up at `end`, whether there was an answer or not.
async fn beat(engine: &Engine<'_>, held: &Held, end: Timestamp) -> Beat {
    let now = engine.now();
    if now >= end {
        return Beat::Lost;
    }
    let prolonged = now + BEAT_LEASE;
    let extended = engine.ports.ledger.extend(held, prolonged);
    match select(extended, engine.ports.clock.sleep_until(end)).await {
        // A beat that was applied late may have come after another claim saw the old lease end; then it was
        // refused, because the token is not ours any more.
        Either::Left((Ok(Fence::Applied), _)) => Beat::Kept(prolonged),
        Either::Left((Ok(Fence::Refused(_) | Fence::Declined(_)), _)) | Either::Right(_) => {
            Beat::Lost
        }
        Either::Left((Err(error), _)) => {
            tracing::warn!(job.id = %held.id, error = &error as &dyn std::error::Error, "heartbeat failed");
            Beat::Failed
        }
    }
}

enum Beat {
    Kept(Timestamp),
    Failed,
    Lost,
}
