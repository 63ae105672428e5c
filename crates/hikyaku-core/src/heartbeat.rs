//! Heartbeat: a long job's claim and its message are prolonged together, in short steps, so that a killed job is
//! found soon.

use std::time::Duration;

use crate::claim::{BEAT_LEASE, Claim};
use crate::engine::Engine;
use crate::{Delivery, Fence, Held, Policy, Timestamp};

/// Between two beats. Two may be lost before the lease ends.
const BEAT: Duration = Duration::from_secs(30);

/// After a beat that failed.
const RETRY: Duration = Duration::from_secs(5);

impl Engine<'_> {
    /// Prolongs lease and visibility for as long as it is polled. Completes only when the job is lost: fenced, or its
    /// lease over without a beat that came through. For a short job it never completes.
    pub(crate) async fn keep_alive(&self, policy: &Policy, claim: &mut Claim, delivery: &Delivery) {
        if !policy.has_heartbeat() {
            return std::future::pending().await;
        }
        let mut next = self.now() + BEAT;
        loop {
            self.ports.clock.sleep_until(next).await;
            next = self.now() + BEAT;
            if let Some(held) = claim.held.clone() {
                match self.beat(&held, claim.lease).await {
                    Beat::Kept(lease) => claim.lease = lease,
                    Beat::Failed => {
                        next = (self.now() + RETRY).min(claim.lease);
                        continue;
                    }
                    Beat::Lost => return,
                }
            }
            self.hide(delivery, BEAT_LEASE).await;
        }
    }

    async fn beat(&self, held: &Held, lease: Timestamp) -> Beat {
        let now = self.now();
        if now >= lease {
            return Beat::Lost;
        }
        let prolonged = now + BEAT_LEASE;
        match self.ports.ledger.extend(held, prolonged).await {
            // A beat that was applied late may have come after another claim saw the old lease end; then it was
            // refused, because the token is not ours any more.
            Ok(Fence::Applied) => Beat::Kept(prolonged),
            Ok(Fence::Refused(_)) => Beat::Lost,
            Err(error) => {
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
