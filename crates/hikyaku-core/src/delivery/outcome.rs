//! What came out of a delivery, for the queue and for people.

use std::time::Duration;

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
    /// The job counts as done without having run: its message said so (`Skip`, a cancelled batch, an overlap that is not
    /// waited for).
    Skipped,
    /// Nothing is left to do for the job: a later dispatch took its place, or the model it is about is gone.
    Dropped,
    /// Nobody here runs it; it was sent on to the fallback queue.
    Forwarded,
    /// A job that must not run beside this one runs; no try was spent.
    Overlapping,
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
    /// The job has saved a checkpoint and goes on in another invocation; no try was spent.
    Continued,
    /// The job asked to come back later; no try was spent.
    Snoozed,
    /// The time for which the job waits has not come; nothing ran.
    Delayed,
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

impl Outcome {
    /// The outcome in one or two words, as logs and tables show it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Dropped => "dropped",
            Self::Forwarded => "forwarded",
            Self::Overlapping => "overlapping",
            Self::DoneBefore => "done before",
            Self::FailedBefore => "failed before",
            Self::Cancelled => "cancelled",
            Self::Stale => "stale",
            Self::Released => "released",
            Self::Continued => "continued",
            Self::Snoozed => "snoozed",
            Self::Delayed => "delayed",
            Self::Buried => "buried",
            Self::Held => "held",
            Self::Postponed => "postponed",
            Self::Fenced => "fenced",
            Self::Unsettled => "unsettled",
        }
    }
}
