//! The right to run a job.

use std::time::Duration;

use crate::{Held, Timestamp};

/// A lease under the heartbeat ends this long after its last beat.
pub(crate) const BEAT_LEASE: Duration = Duration::from_secs(90);

/// Between an attempt's end and the end of its lease: time to settle, and for clocks to differ.
pub(crate) const LEASE_MARGIN: Duration = Duration::from_secs(10);

/// artisan sends a failed job again and only then forgets its row: a row written in between would be forgotten too.
/// Ten seconds for artisan, and ten for clocks to differ.
pub(crate) const REOPENED_QUIET: Duration = Duration::from_secs(20);

/// The right to run a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The ledger's claim; none for a job that keeps no ledger.
    pub(crate) held: Option<Held>,
    /// Tries spent, this one included.
    pub(crate) spent: u32,
    pub(crate) exceptions: u32,
    pub(crate) last_error: Option<String>,
    pub(crate) checkpoint: Option<String>,
    pub(crate) reopened: Option<Timestamp>,
    pub(crate) lease: Timestamp,
}

/// What else a process does while a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// Nothing: if the process dies, the job is to blame.
    Alone,
    /// Other jobs run beside it.
    Others,
}

impl Claim {
    /// Stands for the claim of a job that has ended already.
    pub(crate) fn over() -> Self {
        Self {
            held: None,
            spent: 0,
            exceptions: 0,
            last_error: None,
            checkpoint: None,
            reopened: None,
            lease: Timestamp::from_millis(0),
        }
    }
}
