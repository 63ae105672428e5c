//! From the application's answer to the job's verdict.

use std::time::Duration;

use hikyaku::JobError;
use serde::Deserialize;

/// What the package in the application says of a job. Anything else is not its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub(crate) enum Answer {
    /// It has run, or was deleted by its own code, now or before.
    Done,
    /// Its own code released it.
    Released {
        /// After how many seconds it wants to run.
        delay: u64,
    },
    /// It threw, and may be tried again.
    Threw {
        /// The exception.
        error: String,
    },
    /// It has failed for good, and all that this brings about in PHP is done.
    Failed {
        /// The exception.
        error: String,
    },
    /// The application has no such job.
    Unknown {
        /// What it looked for.
        error: String,
    },
    /// It is to run as a task, which has not begun.
    Start(Start),
    /// A task runs it.
    Working,
    /// An attempt of it still runs there.
    Busy {
        /// After how many seconds that is surely over.
        delay: u64,
    },
}

/// A task that the application wants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Start {
    /// What the task is told: under this name the application keeps the job.
    pub(crate) task: String,
    /// Which one it is: a task that does not come up has a successor.
    pub(crate) number: u32,
}

impl Answer {
    /// Reads a signed body.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// What it means for the attempt, where it is not over after `pause`.
    pub(crate) fn verdict(self, pause: Duration) -> Result<(), JobError> {
        match self {
            Self::Done => Ok(()),
            Self::Released { delay } => Err(JobError::retry_after(
                Duration::from_secs(delay),
                "the job released itself",
            )),
            Self::Threw { error } => Err(error.into()),
            Self::Failed { error } | Self::Unknown { error } => Err(JobError::fail(error)),
            Self::Start(_) => Err(JobError::snooze_because(pause, "a task was started")),
            Self::Working => Err(JobError::snooze_because(pause, "a task runs the job")),
            Self::Busy { delay } => Err(JobError::snooze_because(
                Duration::from_secs(delay.clamp(1, 900)),
                "an earlier attempt still runs in php",
            )),
        }
    }
}
