//! What every stage shares during one invocation: the ports and the time that is left.

use std::time::Duration;

use crate::engine::keeper::Keeper;
use crate::{Delivery, Invocation, Policy, Ports, Timestamp};

/// Between the engine's own deadline and the process's end, at most: time to settle a whole batch.
const LONGEST_MARGIN: Duration = Duration::from_secs(5);

/// And at least, for functions with a very short timeout.
const SHORTEST_MARGIN: Duration = Duration::from_millis(500);

/// One invocation being worked on.
pub(crate) struct Engine<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) invocation: Invocation,
    pub(crate) keeper: Keeper,
    /// When jobs are stopped, so that what they leave can still be settled. None: nobody set a deadline.
    pub(crate) soft_deadline: Option<Timestamp>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(ports: &'a Ports, invocation: Invocation, keeper: Keeper) -> Self {
        let soft_deadline = invocation.deadline.map(|deadline| {
            let span = invocation.started.until(deadline);
            deadline - (span / 10).clamp(SHORTEST_MARGIN, LONGEST_MARGIN)
        });
        Self {
            ports,
            invocation,
            keeper,
            soft_deadline,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Until when a ledger write is tried again: shortly before the process ends.
    pub(crate) fn hard_deadline(&self) -> Timestamp {
        const PATIENCE: Duration = Duration::from_secs(30);
        match (self.invocation.deadline, self.soft_deadline) {
            (Some(deadline), Some(soft)) => soft + soft.until(deadline) * 4 / 5,
            _ => self.now() + PATIENCE,
        }
    }

    /// When an attempt that starts at `started` is stopped.
    pub(crate) fn limit(&self, started: Timestamp, policy: &Policy) -> Timestamp {
        let own = started + policy.timeout;
        self.soft_deadline.map_or(own, |soft| soft.min(own))
    }

    /// The time a job that starts with the invocation has: all that this function can ever give it.
    pub(crate) fn full_time(&self, policy: &Policy) -> Duration {
        self.invocation
            .started
            .until(self.limit(self.invocation.started, policy))
    }

    /// Whether at least half of the time that a job could have is left. With less, another invocation serves it
    /// better.
    pub(crate) fn worth_starting(&self, policy: &Policy) -> bool {
        let now = self.now();
        now.until(self.limit(now, policy)) * 2 >= self.full_time(policy)
    }

    /// After how long a message comes back that met something which did not answer: later each time, up to about ten
    /// minutes.
    pub(crate) fn pause(&self, delivery: &Delivery) -> Duration {
        let doublings = delivery.receive_count.saturating_sub(1).min(7);
        let jitter = Duration::from_millis(self.ports.random.next_u64() % 5000);
        Duration::from_secs(5 << doublings) + jitter
    }
}
