//! How the job's own code ended.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::{Commit, JobError};

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The job is done.
    Succeeded(Success),
    /// The job answered an error.
    Erred(JobError),
    /// The job panicked.
    Panicked(String),
    /// The job's own time was over.
    TimedOut(Duration),
    /// The invocation's time was over before the job had had its own.
    Interrupted,
    /// Another attempt took the job over, or the lease could not be kept.
    Fenced,
}

/// What a job leaves that is done.
#[derive(Debug)]
pub(crate) struct Success {
    /// What it answered.
    pub(crate) output: Option<Box<RawValue>>,
    /// What is to be written together with its being done.
    pub(crate) commit: Option<Commit>,
}

impl Ended {
    /// The job's own writes were refused.
    pub(crate) fn declined(reason: &str) -> Self {
        Self::Erred(JobError::from(format!(
            "what the job commits was refused: {reason}"
        )))
    }

    /// Whether the job came to an end by itself.
    pub(crate) fn is_its_own(&self) -> bool {
        matches!(
            self,
            Self::Succeeded(_) | Self::Erred(_) | Self::Panicked(_)
        )
    }

    /// What went wrong, for people.
    pub(crate) fn error(&self) -> Option<String> {
        match self {
            Self::Succeeded(_) => None,
            Self::Erred(error) => Some(error.chain()),
            Self::Panicked(message) => Some(format!("the job panicked: {message}")),
            Self::TimedOut(limit) => Some(format!("the job ran out of its time of {limit:?}")),
            Self::Interrupted => {
                Some("the function's time was over before the job had had its own".to_owned())
            }
            Self::Fenced => Some(
                "another attempt has taken the job over, or the ledger could not be told in time that this one goes on"
                    .to_owned(),
            ),
        }
    }
}
