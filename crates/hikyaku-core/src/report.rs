//! What comes out.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::decode::{Decoded, Refused};
use crate::run::Ended;
use crate::settled::Settled;
use crate::{Delivery, Side, Stages};

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
    /// On which side the job was claimed. None: it was not, or the worker has no courier and so only one side.
    pub side: Option<Side>,
    /// What became of it.
    pub outcome: Outcome,
    /// What the queue must do.
    pub verdict: Verdict,
    /// What went wrong, for people: the error and its causes.
    pub error: Option<String>,
    /// What the job answered.
    pub output: Option<Box<RawValue>>,
    /// How long it took, claiming and settling included.
    pub duration: Duration,
    /// When each stage was over.
    pub stages: Stages,
}

impl Report {
    pub(crate) fn of(
        decoded: &Decoded,
        delivery: &Delivery,
        attempt: u32,
        settled: Settled,
    ) -> Self {
        Self {
            job: Some(decoded.name.clone()),
            attempt,
            ..Self::unread(decoded.id.clone(), delivery, settled)
        }
    }

    pub(crate) fn refused(refused: &Refused, delivery: &Delivery, settled: Settled) -> Self {
        Self {
            job: refused
                .envelope
                .as_ref()
                .map(|envelope| envelope.name().to_owned()),
            ..Self::unread(refused.identity(delivery), delivery, settled)
        }
    }

    /// A report on a message that says nothing of its job.
    pub(crate) fn unread(id: String, delivery: &Delivery, settled: Settled) -> Self {
        Self {
            message_id: delivery.message_id.clone(),
            id,
            job: None,
            attempt: 0,
            side: None,
            outcome: settled.outcome,
            verdict: settled.verdict,
            error: settled.error,
            output: None,
            duration: Duration::ZERO,
            stages: Stages::default(),
        }
    }

    /// Adds where the job was claimed.
    pub(crate) fn on(self, side: Option<Side>) -> Self {
        Self { side, ..self }
    }

    /// Adds what the run itself left.
    pub(crate) fn with(mut self, ended: Ended, duration: Duration) -> Self {
        // One whose own writes were refused has failed after all.
        let has_failed = matches!(self.outcome, Outcome::Released | Outcome::Buried);
        if let (Ended::Succeeded(success), false) = (ended, has_failed) {
            self.output = success.output;
        }
        self.duration = duration;
        self
    }

    /// Whether something went wrong with the job or with what follows it. Not: that it has to wait.
    pub fn went_wrong(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::Released | Outcome::Buried | Outcome::Fenced | Outcome::Unsettled
        ) || self.is_unfollowed()
    }

    /// Whether the job has ended and what follows it could not be sent yet.
    fn is_unfollowed(&self) -> bool {
        let has_ended = matches!(
            self.outcome,
            Outcome::Done
                | Outcome::Skipped
                | Outcome::Dropped
                | Outcome::DoneBefore
                | Outcome::FailedBefore
                | Outcome::Cancelled
        );
        has_ended && !self.verdict.acknowledges()
    }

    /// One line per delivery. An error only where somebody must act.
    pub(crate) fn log(&self) {
        let job = self.job.as_deref().unwrap_or("unknown");
        let milliseconds = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        let error = self.error.as_deref();
        let outcome = self.outcome.word();
        let attempt = self.attempt;
        let side = self.side.map(Side::word);
        match self.outcome {
            outcome_of
                if self.is_unfollowed()
                    || matches!(outcome_of, Outcome::Buried | Outcome::Unsettled) =>
            {
                tracing::error!(
                    outcome,
                    job.attempt = attempt,
                    side,
                    duration_ms = milliseconds,
                    error,
                    "job `{job}` {outcome}"
                );
            }
            Outcome::Released | Outcome::Fenced => {
                tracing::warn!(
                    outcome,
                    job.attempt = attempt,
                    side,
                    duration_ms = milliseconds,
                    error,
                    "job `{job}` {outcome}"
                );
            }
            _ => tracing::info!(
                outcome,
                job.attempt = attempt,
                side,
                duration_ms = milliseconds,
                error,
                "job `{job}` {outcome}"
            ),
        }
    }
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
