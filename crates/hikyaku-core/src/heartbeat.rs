//! Heartbeat: a long job's claim and its message are prolonged together, in short steps, so that a killed job is
//! found soon.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::claim::{BEAT_HIDING, BEAT_LEASE, Claim, LEASE_MARGIN};
use crate::engine::Engine;
use crate::{Delivery, Fence, Held, Policy, Timestamp};

/// Between two beats. Two may be lost before the lease ends.
const BEAT: Duration = Duration::from_secs(30);

/// After a beat that failed.
const RETRY: Duration = Duration::from_secs(5);

impl Engine<'_> {
    /// Prolongs lease and visibility for as long as it is polled. Completes only when the job is lost: fenced, or its
    /// lease almost over without a beat that came through. For a short job it never completes.
    pub(crate) async fn keep_alive(&self, policy: &Policy, claim: &mut Claim, delivery: &Delivery) {
        if !policy.has_heartbeat() {
            return std::future::pending().await;
        }
        // Counted from the claim, whose answer may have taken its time.
        let mut next = (claim.lease - BEAT_LEASE) + BEAT;
        loop {
            self.ports.clock.sleep_until(next).await;
            next = self.now() + BEAT;
            if let Some(held) = claim.held.clone() {
                match self.beat(&held, claim.lease - LEASE_MARGIN).await {
                    Beat::Kept(lease) => claim.lease = lease,
                    Beat::Failed => {
                        next = (self.now() + RETRY).min(claim.lease - LEASE_MARGIN);
                        continue;
                    }
                    Beat::Lost => return,
                }
            }
            // A queue that does not answer must not keep the next beat waiting.
            let hidden = pin!(self.hide(delivery, BEAT_HIDING));
            select(hidden, self.ports.clock.sleep_until(next)).await;
        }
    }

    /// Prolongs the lease. Gives up at `end`, whether there was an answer or not.
    async fn beat(&self, held: &Held, end: Timestamp) -> Beat {
        let now = self.now();
        if now >= end {
            return Beat::Lost;
        }
        let prolonged = now + BEAT_LEASE;
        let extended = self.ports.ledger.extend(held, prolonged);
        match select(extended, self.ports.clock.sleep_until(end)).await {
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
}

enum Beat {
    Kept(Timestamp),
    Failed,
    Lost,
}
