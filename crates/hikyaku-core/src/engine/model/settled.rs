//! What settling leaves behind: how a write was answered, and what that makes of the delivery.

use crate::explain::explain;
use crate::{Fence, Held, LedgerError, Outcome, State, Verdict};

/// What a settled delivery leaves behind.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) verdict: Verdict,
    pub(crate) error: Option<String>,
}

/// What a fenced write came to.
pub(crate) enum Recorded {
    /// It stands as asked, applied now or before with its answer lost.
    AsAsked,
    /// An earlier write of this very attempt had already recorded that the job is done.
    AsDone,
    /// Another attempt holds the job, or held it since.
    Not,
    /// The job's own writes were refused.
    Declined(String),
}

pub(crate) fn recorded(fence: &Fence, held: &Held, asked: State) -> Recorded {
    match fence {
        Fence::Applied => Recorded::AsAsked,
        Fence::Declined(reason) => Recorded::Declined(reason.clone()),
        Fence::Refused(Some(record)) if record.token != held.token => Recorded::Not,
        Fence::Refused(Some(record)) if record.state == asked => Recorded::AsAsked,
        Fence::Refused(Some(record)) if record.state == State::Done => Recorded::AsDone,
        Fence::Refused(_) => Recorded::Not,
    }
}

pub(crate) fn done() -> Settled {
    settled_as(Outcome::Done)
}

/// Nothing is left to do: the message is deleted.
pub(crate) fn settled_as(outcome: Outcome) -> Settled {
    Settled {
        outcome,
        verdict: Verdict::Delete,
        error: None,
    }
}

pub(crate) fn buried(error: String) -> Settled {
    Settled {
        outcome: Outcome::Buried,
        verdict: Verdict::Bury,
        error: Some(error),
    }
}

pub(crate) fn fenced() -> Settled {
    let error =
        Some("another attempt has taken the job over; this one counts for nothing".to_owned());
    Settled {
        outcome: Outcome::Fenced,
        verdict: Verdict::Redeliver(None),
        error,
    }
}

/// The message comes again after its visibility timeout and finds what the ledger then says.
pub(crate) fn unsettled(error: &LedgerError) -> Settled {
    Settled {
        outcome: Outcome::Unsettled,
        verdict: Verdict::Redeliver(None),
        error: Some(explain(error)),
    }
}
