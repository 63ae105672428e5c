//! What comes out.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::delivery::outcome::{Outcome, Verdict};
use crate::engine::model::ended::Ended;
use crate::engine::model::settled::Settled;
use crate::engine::model::way::Way;
use crate::{Side, Stages};

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
    /// Of a message that is settled, and of which the queue was told.
    pub(crate) fn of(way: &Way<'_>, settled: Settled, verdict: Verdict) -> Self {
        Self {
            message_id: way.delivery.message_id.clone(),
            id: way.id.clone(),
            job: way.name.clone(),
            attempt: 0,
            side: None,
            outcome: settled.outcome,
            verdict,
            error: settled.error,
            output: None,
            duration: Duration::ZERO,
            stages: way.stages,
        }
    }

    /// Adds what the attempt left.
    pub(crate) fn with(mut self, ended: Ended, attempt: u32) -> Self {
        // One whose own writes were refused has failed after all.
        let has_failed = matches!(self.outcome, Outcome::Released | Outcome::Buried);
        if let (Ended::Succeeded(success), false) = (ended, has_failed) {
            self.output = success.output;
        }
        self.attempt = attempt;
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
