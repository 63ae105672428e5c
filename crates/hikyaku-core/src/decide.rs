//! What a claim that was refused means: the message's generation against what the ledger says. Pure.

use crate::{ClaimRequest, Grant, Outcome, Record, Replace, State, Timestamp};

/// What a refused claim means: the decision table of message generation against ledger.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The claim had been applied; only its answer was lost.
    Mine(Grant),
    /// The record stands for an earlier generation that failed, or is forgotten: write over it.
    Replace(Replace),
    /// Nothing is left to do for this message.
    /// With the job's last error, for what follows a failure.
    Acknowledge(Outcome, Option<String>),
    /// Another attempt runs until then.
    Wait(Timestamp),
    /// Its last attempt died, and it may not run beside others. Not of this table: it depends on what else runs.
    Suspect {
        /// Whether the dead attempt ran alone.
        alone: bool,
    },
    /// The message claims a generation that nothing has opened.
    Impossible,
    /// The record went away between the write and its answer.
    Vanished,
}

/// Reads the decision table. Pure.
pub(crate) fn decide(request: &ClaimRequest, record: Option<&Record>) -> Decision {
    let Some(record) = record else {
        return Decision::Vanished;
    };
    if record.state == State::Running && record.owner == request.owner {
        return Decision::Mine(Grant::from(record));
    }
    let running = record.state == State::Running && record.lease >= request.now;
    if record.expires < request.now && !running {
        return Decision::Replace(Replace::Expired);
    }
    let stale = request.generation < record.generation;
    let newer = request.generation > record.generation;
    let acknowledge = |outcome| Decision::Acknowledge(outcome, record.last_error.clone());
    match record.state {
        State::Done => acknowledge(Outcome::DoneBefore),
        State::Cancelled => acknowledge(Outcome::Cancelled),
        _ if stale => acknowledge(Outcome::Stale),
        State::Failed if newer => Decision::Replace(Replace::Reopened),
        State::Failed => acknowledge(Outcome::FailedBefore),
        State::Running if running => Decision::Wait(record.lease),
        _ if newer => Decision::Impossible,
        State::Running => Decision::Replace(Replace::Crashed),
        // The condition held after all, so the record has changed since. Ask again.
        State::Pending => Decision::Vanished,
    }
}

impl From<&Record> for Grant {
    fn from(record: &Record) -> Self {
        Self {
            token: record.token,
            tries_spent: record.tries_spent,
            exceptions: record.exceptions,
            last_error: record.last_error.clone(),
            checkpoint: record.checkpoint.clone(),
            reopened: record.reopened,
            lease: record.lease,
        }
    }
}
