//! What comes out.

use std::time::Duration;

use serde_json::value::RawValue;

/// What the queue must do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is settled: delete it.
    Delete,
    /// It must come again. With a delay when the queue was told one; otherwise after its visibility timeout.
    Redeliver(Option<Duration>),
    /// It is in the failed store: delete it.
    Bury,
}

impl Verdict {
    /// Whether the message's life ends here.
    pub fn acknowledges(self) -> bool {
        !matches!(self, Self::Redeliver(_))
    }
}

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The job ran and is done.
    Done,
    /// The job was done before; nothing ran.
    DoneBefore,
    /// The job has failed before; nothing ran.
    FailedBefore,
    /// The job was cancelled; nothing ran.
    Cancelled,
    /// The message is older than what the ledger knows of its job; nothing ran.
    Stale,
    /// The attempt failed and the job will be tried again.
    Released,
    /// The job asked to come back later; no try was spent.
    Snoozed,
    /// The job failed for good, or the message was not a job: it is in the failed store.
    Buried,
    /// Another attempt holds the job; nothing ran.
    Held,
    /// There was not enough time left to start it, or it was cut short; no try was spent.
    Postponed,
    /// Another attempt took the job over while this one ran; its result counts for nothing.
    Fenced,
    /// The ledger could not be reached.
    Unsettled,
}

/// What became of one delivery, for the queue, for the log and for whoever invoked directly.
#[derive(Debug)]
pub struct Report {
    /// The message.
    pub message_id: String,
    /// The job's id, once it was known.
    pub id: String,
    /// The job's name, once it was known.
    pub job: Option<String>,
    /// Which try this was; 0 when nothing ran.
    pub attempt: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// What the queue must do.
    pub verdict: Verdict,
    /// What went wrong, for people: the error and its causes.
    pub error: Option<String>,
    /// What the job answered.
    pub output: Option<Box<RawValue>>,
}
