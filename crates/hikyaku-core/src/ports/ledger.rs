//! The ledger: who claimed a job, and what became of it.
//!
//! A ledger does conditional writes and nothing else. It decides nothing: each method states its condition, applies its
//! change if the condition holds, and otherwise answers with the record it found. What a refusal means is decided once,
//! in `claim.rs` and `settle.rs`, for every ledger alike.

use std::error::Error as StdError;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use super::clock::Timestamp;
use super::routes::Side;
use super::store::{Passing, SILENT};
use crate::Commit;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Waiting for its next attempt.
    Pending,
    /// Claimed by an attempt, until the lease ends.
    Running,
    /// Finished.
    Done,
    /// Buried: its row is in the failed store.
    Failed,
    /// Cancelled by an operator.
    Cancelled,
}

/// What the ledger knows of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where the job stands.
    pub state: State,
    /// The fencing token: raised by every claim, never reset. Only its holder may settle the job.
    pub token: u64,
    /// Tries spent in this generation.
    pub tries_spent: u32,
    /// How often the job was sent again after it had failed.
    pub generation: u32,
    /// Until when the running attempt holds the job.
    pub lease: Timestamp,
    /// The claim that holds it.
    pub owner: u64,
    /// Whether the attempt that holds it spends its try if its process dies: it runs with no other job beside it, so that
    /// this is its own doing, or it is started at most once.
    pub alone: bool,
    /// What the job saved of its progress.
    pub checkpoint: Option<String>,
    /// Errors, panics and timeouts so far in this generation.
    pub exceptions: u32,
    /// The last error, in short.
    pub last_error: Option<String>,
    /// When this generation was opened again, if it was.
    pub reopened: Option<Timestamp>,
    /// Until when the job waits, if it was given back to come later.
    pub not_before: Option<Timestamp>,
    /// From when on the record counts as forgotten.
    pub expires: Timestamp,
    /// The job's name at its last claim; a version before may have written it with a leading backslash. None: it was claimed by
    /// something that did not say so.
    pub job: Option<String>,
    /// Where this generation runs. None: it was claimed by a version that did not say so.
    pub side: Option<Side>,
    /// Where the generation before ran.
    pub side_before: Option<Side>,
}

/// A claim's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The job.
    pub id: String,
    /// Its name.
    pub job: String,
    /// The message that brought it.
    pub message: String,
    /// The message's generation.
    pub generation: u32,
    /// A number that this claim alone has, so that its own applied write is known when its answer was lost.
    pub owner: u64,
    /// The time by the claimer's clock.
    pub now: Timestamp,
    /// What waits for a later time than this is not granted.
    pub due: Timestamp,
    /// How long the claim holds the job.
    pub lease: Timestamp,
    /// From when on the record may be forgotten.
    pub expires: Timestamp,
    /// Whether its try is spent if its process dies: no other job runs beside it, or it is started at most once.
    pub alone: bool,
    /// Where it is to run. None: nowhere, it is claimed to be buried, and any side will do.
    pub side: Option<Side>,
}

/// What a granted claim holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The fencing token.
    pub token: u64,
    /// Tries spent, this one included.
    pub tries_spent: u32,
    /// Errors, panics and timeouts before this attempt.
    pub exceptions: u32,
    /// What the attempt before left.
    pub last_error: Option<String>,
    /// What an attempt before saved of its progress.
    pub checkpoint: Option<String>,
    /// When this generation was opened again, if it was.
    pub reopened: Option<Timestamp>,
    /// Until when the claim holds.
    pub lease: Timestamp,
}

impl Record {
    /// The name of the job that the record is of, if that is another than this.
    pub fn other_name(&self, job: &str) -> Option<&str> {
        let name = self.job.as_deref()?;
        let name = name.strip_prefix('\\').unwrap_or(name);
        (name != job).then_some(name)
    }
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimReply {
    /// The job is the claimer's.
    Granted(Grant),
    /// The condition did not hold; this is what stood there. None: the record is gone since.
    Refused(Option<Record>),
}

/// Why a record is written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// A failed job was sent again.
    Reopened,
    /// The record had expired; its id is used anew.
    Expired,
    /// The attempt that held it died: its lease is over. The try of an attempt that ran alone is spent; what ran beside
    /// others may have died of a neighbour, and keeps it.
    Crashed,
}

/// A claim that is held: what every later write names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held {
    /// The job.
    pub id: String,
    /// The fencing token.
    pub token: u64,
}

/// What a release writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Tries that count as spent.
    pub tries_spent: u32,
    /// Errors, panics and timeouts so far.
    pub exceptions: u32,
    /// The error in short, if there was one.
    pub error: Option<String>,
    /// Until when the job waits. Holds until the next claim, by whatever version of the engine.
    pub not_before: Option<Timestamp>,
    /// From when on the record may be forgotten, if it has to be remembered for longer than the claim said.
    pub expires: Option<Timestamp>,
}

/// How a job's record is closed, and what is written with it: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Whether the job was dropped without running: nothing follows it, so that it is not recorded as done.
    pub dropped: bool,
    /// From when on the record may be forgotten.
    pub expires: Timestamp,
    /// The error in short, if there was one.
    pub error: Option<String>,
    /// The batch of Laravel's in which the job is counted, if its table is within reach. A batch that is not there, or
    /// has the job's failure already, is left as it is.
    pub batch: Option<String>,
    /// Laravel's locks that end with the job. A lock that somebody else holds by now stays.
    pub unlock: Vec<Unlock>,
    /// The job's own writes. If they are refused, nothing is written.
    pub commit: Option<Commit>,
}

impl End {
    /// An end that nothing else depends on.
    pub fn plain(expires: Timestamp) -> Self {
        Self {
            dropped: false,
            expires,
            error: None,
            batch: None,
            unlock: Vec::new(),
            commit: None,
        }
    }
}

/// A lock in Laravel's cache that is given up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unlock {
    /// The item's key, prefix included.
    pub key: String,
    /// The value it must have, if that is known; else whoever holds it loses it, as in Laravel before 13.24.
    pub value: Option<String>,
}

/// Whether a fenced write was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fence {
    /// It was.
    Applied,
    /// The token was not the record's any more, or the record did not run; this is what stood there.
    Refused(Option<Record>),
    /// What was to be written beside the record was refused, for this reason, and nothing was written: the job's own writes,
    /// which only `complete` has, or a row that would take the place of another job's.
    Declined(String),
}

/// A row's place, before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Empty, or with a row of the same job.
    OfItsJob,
    /// Empty.
    Empty,
}

/// Whether a row was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buried {
    /// It was.
    Written,
    /// A row of the same job is there already.
    There,
    /// A row of another job has its id.
    Taken,
}

/// A job that is buried: the row of the failed store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedJob {
    /// The job's id: what `queue:retry` is called with.
    pub id: String,
    /// The job's name: no other job's row is written over.
    pub job: String,
    /// The ordered group that it came in, if it did.
    pub group: Option<String>,
    /// When its message was sent, if that is known: its place among the others of its group.
    pub sent: Option<Timestamp>,
    /// The queue it came from, as its delivery named it; empty when it came from none.
    pub queue: String,
    /// What is sent when it is tried again: a JSON object.
    pub payload: String,
    /// The exact body, when that was not a job and `payload` only wraps it.
    pub body: Option<String>,
    /// What failed, for people.
    pub exception: String,
    /// The trace that its message belonged to, so that it is tried again in the same.
    pub trace: Option<String>,
    /// When.
    pub failed_at: Timestamp,
}

/// The ledger could not be asked, or its answer was lost.
#[derive(Debug, thiserror::Error)]
#[error("{operation} of job `{id}` in the ledger")]
pub struct LedgerError {
    /// What was being done: `claim`, `completion`, ….
    pub operation: &'static str,
    /// The job.
    pub id: String,
    /// Whether trying again can help.
    pub retryable: bool,
    /// Why.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

/// Conditional writes on one record per job. Every method but `bury` costs one write on one item; `fail` and `bury`
/// write the failed row too.
pub trait Ledger: Send + Sync + 'static {
    /// Takes the job. Condition: there is no record, or its generation is the request's and it is pending, waits for no
    /// later time than the request's `due`, and has the request's name and side where both name one. A request of a later
    /// generation than the first opens the record again.
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>>;

    /// Takes the job over what stands there. Condition: state, token and expiry are still those of `seen`, and, if that
    /// runs, its lease is before `request.now`.
    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>>;

    /// Saves what a job is to go on from. Condition: running with this token. Its text counts towards the cost of every
    /// later write: one unit per KB.
    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>>;

    /// Prolongs the lease. Condition: running with this token.
    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>>;

    /// Records that the job is done. Condition: running with this token. One write; if the end has a batch or locks, one
    /// transaction of two or more.
    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>>;

    /// Gives the job back for a later attempt. Condition: running with this token.
    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>>;

    /// Records that the job failed and writes its row and its end, all or nothing. Condition: running with this token, and
    /// the row's [place](Place::OfItsJob).
    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>>;

    /// Writes a failed row beside the records. Condition: its place.
    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>>;
}

/// How long a finished job is remembered: the longest time a message can come back (14 days of retention) and a day.
pub(crate) const RETENTION: Duration = Duration::from_secs(15 * 24 * 60 * 60);

impl Passing for LedgerError {
    fn is_retryable(&self) -> bool {
        self.retryable
    }

    fn silent(subject: &str) -> Self {
        Self {
            operation: "recording",
            id: subject.to_owned(),
            retryable: true,
            source: SILENT.into(),
        }
    }
}
