//! What a job type promises about a second delivery.

use serde::Serialize;

/// What a second delivery of the same job does, and what the promise costs in DynamoDB writes per job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// The job is idempotent by nature: every delivery runs. No writes; tries are the queue's receive count.
    AtLeastOnce,
    /// The job is never run a second time, unless it asked for that itself by [`JobError::snooze`](crate::JobError::snooze):
    /// any error is final, and a crash ends as failed with the outcome unknown. Two writes.
    AtMostOnce,
    /// One attempt at a time, fenced; run again only if it did not finish. Two writes, and one more per 30 s of a job
    /// whose timeout is over 60 s.
    Once,
}

impl Guarantee {
    /// Whether the job has an entry in the ledger.
    pub fn keeps_ledger(self) -> bool {
        self != Self::AtLeastOnce
    }
}
