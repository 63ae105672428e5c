//! What settling leaves: what the ledger says now, what follows, and what the queue is to be told.

use std::time::Duration;

use crate::explain::explain;
use crate::{LedgerError, Outcome, Timestamp};

/// A settled message.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<String>,
    /// What is sent because its job has ended. The message is kept until all of it was sent.
    pub(crate) follows: Option<Ending>,
    pub(crate) queue: Tell,
}

/// How a job has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// Without running: its batch goes on, its chain does not.
    Dropped,
    /// With what went wrong.
    Failed(String),
}

/// What the queue is told of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    /// It is settled.
    Delete,
    /// It is in the failed store.
    Bury,
    /// It is in the failed store, and comes again at this time, when artisan has surely forgotten the row of the failure before:
    /// this one is written again if it is forgotten with it.
    BuryAndLookAgain(Timestamp),
    /// It comes again.
    Again { delay: Duration, spends: Spends },
    /// Nothing: it comes again after its visibility timeout.
    Nothing,
}

/// Whether the delivery that is given back has spent a try of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spends {
    ATry,
    Nothing,
}

impl Settled {
    /// Nothing is left to do.
    pub(crate) fn over(outcome: Outcome) -> Self {
        Self {
            outcome,
            error: None,
            follows: None,
            queue: Tell::Delete,
        }
    }

    pub(crate) fn done() -> Self {
        Self::over(Outcome::Done).followed_by(Ending::Done)
    }

    pub(crate) fn buried(error: String) -> Self {
        Self {
            outcome: Outcome::Buried,
            error: Some(error),
            follows: None,
            queue: Tell::Bury,
        }
    }

    pub(crate) fn fenced(error: Option<String>) -> Self {
        Self {
            outcome: Outcome::Fenced,
            error,
            follows: None,
            queue: Tell::Nothing,
        }
    }

    /// The ledger did not answer: the message finds what it then says.
    pub(crate) fn unsettled(error: &LedgerError) -> Self {
        Self {
            outcome: Outcome::Unsettled,
            error: Some(explain(error)),
            follows: None,
            queue: Tell::Nothing,
        }
    }

    pub(crate) fn again(outcome: Outcome, delay: Duration, error: Option<String>) -> Self {
        Self {
            outcome,
            error,
            follows: None,
            queue: Tell::Again {
                delay,
                spends: Spends::Nothing,
            },
        }
    }

    pub(crate) fn followed_by(self, ending: Ending) -> Self {
        Self {
            follows: Some(ending),
            ..self
        }
    }
}
