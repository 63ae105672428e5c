//! The right to run a job, and the answers to the question for it.

use std::time::Duration;

use crate::{Held, LedgerError, Outcome, Side, Timestamp, Verdict};

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

/// The answer to "may it run now".
#[derive(Debug)]
pub(crate) enum Claimed {
    /// It may.
    Run(Claim),
    /// It has been started too often already: it is buried without running.
    Exhausted(Claim),
    /// It might, but too little of the lease is left: it is given back.
    Late(Claim),
    /// An attempt of it died, and it must not run beside others, for they would die with it. `alone`: the dead attempt
    /// ran alone, so that nobody else can have been the cause.
    Suspect { alone: bool },
    /// It has begun on another side.
    Elsewhere(Elsewhere),
    /// It may not; this is what becomes of the message.
    Answered(Answer),
}

/// What becomes of a message whose job may not run.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) verdict: Verdict,
    pub(crate) error: Option<LedgerError>,
    /// How the message's job has ended before, if it has.
    pub(crate) past: Option<Past>,
    /// What the message says that the ledger contradicts.
    pub(crate) contradiction: Option<Contradiction>,
}

/// What a message says that cannot be.
#[derive(Debug)]
pub(crate) enum Contradiction {
    /// It is of a generation that nothing has opened.
    Generation,
    /// Its id is that of a job of this name.
    Name(String),
}

impl Answer {
    pub(crate) fn plain(outcome: Outcome, verdict: Verdict) -> Claimed {
        Claimed::Answered(Self {
            outcome,
            verdict,
            error: None,
            past: None,
            contradiction: None,
        })
    }

    pub(crate) fn contradicted(contradiction: Contradiction) -> Claimed {
        Claimed::Answered(Self {
            outcome: Outcome::Buried,
            verdict: Verdict::Bury,
            error: None,
            past: None,
            contradiction: Some(contradiction),
        })
    }
}
