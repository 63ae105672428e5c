//! Stop: why a message goes no further, or how its job ended. Every stage answers either what the next one needs, or this.

use std::time::Duration;

use crate::engine::model::decoded::{Refusal, Refused};
use crate::engine::model::failure::Failure;
use crate::{Commit, Outcome, Release, Side};

/// What `finish` makes of a message.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is no job that can run here.
    Refused(Box<Refused>),
    /// It comes again. If its job was claimed, that is released.
    Later(Later),
    /// Its job has ended before, so. Only what follows that end may still have to be sent.
    Past(Outcome, Past),
    /// It says of its job what the ledger contradicts.
    Contradiction(Contradiction),
    /// Its job has begun on another side than it was claimed for.
    Elsewhere(Elsewhere),
    /// Its job must not run beside others, for an attempt of it died. `proven`: nothing ran beside that one, so that
    /// nobody else can have been the cause. Not an end: it is begun again when nothing runs beside it.
    Alone { proven: bool },
    /// Somebody else wrote its job's record in between, again and again.
    Raced,
    /// Its job has been started too often already.
    Exhausted,
    /// Its job is done, having run or not.
    Done {
        outcome: Outcome,
        commit: Option<Commit>,
    },
    /// Its job is not to run after all: what it is about is gone. Its batch goes on.
    Dropped,
    /// A later dispatch has taken its job's place. Nothing follows it, as in Laravel.
    Superseded,
    /// Its job has failed for good.
    Failed { failure: Failure, why: String },
    /// Another attempt has the job, for this reason.
    Fenced(Option<String>),
}

/// A message that comes again.
#[derive(Debug)]
pub(crate) struct Later {
    pub(crate) outcome: Outcome,
    pub(crate) delay: Duration,
    /// What becomes of the claim. None: no try is spent, and all else stays as it is.
    pub(crate) release: Option<Release>,
    pub(crate) error: Option<String>,
}

/// A job that has begun on another side than it was claimed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    pub(crate) side: Side,
    /// What a message is left with whose job has ended there.
    pub(crate) ended: Option<Outcome>,
}

/// How the generation of a message ended that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Past {
    Done,
    Cancelled,
    Failed {
        /// The job's last error.
        error: String,
        /// It failed right after it was sent again: artisan, which sends first and forgets the row then, may have forgotten
        /// the row of this failure.
        early: bool,
    },
}

/// What a message says that cannot be.
#[derive(Debug)]
pub(crate) enum Contradiction {
    /// It is of a generation that nothing has opened.
    Generation,
    /// Its id is that of a job of this name.
    Name(String),
}

impl Stop {
    /// It comes again, and spends nothing.
    pub(crate) fn later(outcome: Outcome, delay: Duration) -> Self {
        Self::Later(Later {
            outcome,
            delay,
            release: None,
            error: None,
        })
    }

    /// What has to be asked does not answer.
    pub(crate) fn unsettled(delay: Duration, error: String) -> Self {
        Self::Later(Later {
            outcome: Outcome::Unsettled,
            delay,
            release: None,
            error: Some(error),
        })
    }

    /// It can never run here.
    pub(crate) fn misfit(error: String) -> Self {
        Self::Failed {
            failure: Failure::plain(error),
            why: "it cannot be run".to_owned(),
        }
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

impl From<Refusal> for Stop {
    fn from(why: Refusal) -> Self {
        Self::Refused(Box::new(why.into()))
    }
}
