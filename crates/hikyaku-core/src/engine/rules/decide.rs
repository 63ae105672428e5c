//! What a claim that was refused means: the message's generation against what the ledger says. Pure.

use crate::engine::model::claim::REOPENED_QUIET;
use crate::engine::model::stop::{Elsewhere, Past};
use crate::ports::ledger::RETENTION;
use crate::{ClaimRequest, Grant, Outcome, Record, Replace, Side, State, Timestamp};

/// What a refused claim means: the decision table of message generation against ledger.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The claim had been applied; only its answer was lost.
    Mine(Grant),
    /// The record stands for an earlier generation that failed, or is forgotten: write over it.
    Replace(Replace),
    /// Nothing is left to run for this message; what follows the end of its generation may still be to be sent.
    Acknowledge(Outcome, Past),
    /// Another attempt runs until then.
    Wait(Timestamp),
    /// It was given back to come then.
    Delayed(Timestamp),
    /// Its last attempt died, and it may not run beside others. Not of this table: it depends on what else runs.
    Suspect {
        /// Whether the dead attempt ran alone.
        alone: bool,
    },
    /// The job is on the other side, and so is what follows its end.
    Elsewhere(Elsewhere),
    /// The message claims a generation that nothing has opened.
    Impossible,
    /// The id is that of a job of this name.
    Collision(String),
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
    // A class may have been renamed since it failed, and its jobs are sent again.
    let is_renamed = newer && record.state == State::Failed;
    if let Some(other) = record.other_name(&request.job).filter(|_| !is_renamed) {
        return Decision::Collision(other.to_owned());
    }
    if !running && let Some(elsewhere) = elsewhere(request, record) {
        return Decision::Elsewhere(elsewhere);
    }
    let failed = || {
        let error = record.last_error.clone();
        let early = record.reopened.is_some_and(|reopened| {
            // What has failed is remembered for so long from then on.
            record.expires <= reopened + REOPENED_QUIET + RETENTION
        });
        Past::Failed {
            error: error.unwrap_or_else(|| "its error is not known any more".to_owned()),
            early: early && !stale,
        }
    };
    // Only a job that failed is ever opened again, so that an earlier generation is one that failed.
    let past = |past| if stale { failed() } else { past };
    match record.state {
        State::Done => Decision::Acknowledge(Outcome::DoneBefore, past(Past::Done)),
        State::Cancelled => Decision::Acknowledge(Outcome::Cancelled, past(Past::Cancelled)),
        _ if stale => Decision::Acknowledge(Outcome::Stale, failed()),
        State::Failed if newer => Decision::Replace(Replace::Reopened),
        State::Failed => Decision::Acknowledge(Outcome::FailedBefore, failed()),
        State::Running if running => Decision::Wait(record.lease),
        _ if newer => Decision::Impossible,
        State::Running => Decision::Replace(Replace::Crashed),
        State::Pending => match record.not_before.filter(|until| *until > request.due) {
            Some(until) => Decision::Delayed(until),
            // The condition held after all, so the record has changed since. Ask again.
            None => Decision::Vanished,
        },
    }
}

/// Whether the message's generation is on another side than it was claimed for.
fn elsewhere(request: &ClaimRequest, record: &Record) -> Option<Elsewhere> {
    let stale = request.generation < record.generation;
    let ended = match record.state {
        State::Done => Some(Outcome::DoneBefore),
        State::Cancelled => Some(Outcome::Cancelled),
        _ if stale => Some(Outcome::Stale),
        State::Failed => Some(Outcome::FailedBefore),
        State::Pending | State::Running => None,
    };
    let side = match record.state {
        _ if stale => record.side_before,
        // It is opened again, and may choose anew.
        State::Failed if request.generation > record.generation => None,
        _ => record.side,
    }?;
    let is_mine = match request.side {
        Some(mine) => side == mine,
        // Burying is for either side, but what follows a job that is done has followed it in PHP.
        None => side == Side::Rust || record.state != State::Done,
    };
    (!is_mine).then_some(Elsewhere { side, ended })
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
