//! Courier: jobs that run in another program, under whatever name.
//!
//! A worker with a courier takes every message that reads as a job. What it has no job of its own for, or cannot run
//! itself (a closure, a middleware that is code), the courier hands to the other program. The engine keeps what it keeps
//! of every job: the claim, tries, backoff, timeout, the failed store. What the message asks for beyond that (chain,
//! batch, locks, callbacks) it does not look at: the other program does all of it.

use std::fmt;

use crate::{BoxFuture, JobError, Timestamp};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One attempt of a job that runs elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The job's identity.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The message's body, to the letter.
    pub body: String,
    /// The URL of the queue it came from; empty if it came from none.
    pub queue: String,
    /// How often the job was sent again after it had failed.
    pub generation: u32,
    /// Which attempt this is, from 1; 0 where none is meant.
    pub attempt: u32,
    /// How often the message was received.
    pub receives: u32,
    /// When the answer comes too late.
    pub deadline: Timestamp,
}

/// What holds for jobs whose message says nothing of it: what `queue:work` has options for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// `--tries`; 0 is without limit.
    pub tries: u32,
    /// `--backoff`, in seconds.
    pub backoff: Vec<u64>,
    /// `--timeout`, in seconds; 0 is no limit.
    pub timeout: u64,
}

impl Default for Defaults {
    /// Those of `queue:work` without options (Laravel's `WorkCommand`): one try, no wait, 60 seconds.
    fn default() -> Self {
        Self {
            tries: 1,
            backoff: vec![0],
            timeout: 60,
        }
    }
}

/// Runs jobs elsewhere. Port.
pub trait Courier: Send + Sync + 'static {
    /// What holds where a message is silent.
    fn defaults(&self) -> Defaults;

    /// Has the job run and waits for its end. The future is dropped when the job's time is over.
    ///
    /// An error is the verdict, as with any job. [`JobError::snooze`] where it surely did not begin.
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>>;

    /// Tells that the job has failed for good, whoever decided so: `failed()`, a batch and an event may hang on it.
    ///
    /// It is told at least once, possibly of a failure that the other program itself has reported, and has to know a
    /// repetition by the job's id and generation. An error keeps the message, and it is told again.
    fn tell_failed(
        &self,
        parcel: Parcel,
        error: String,
    ) -> BoxFuture<'static, Result<(), BoxError>>;
}

/// Leaves the body out: it may hold what must not be logged.
impl fmt::Debug for Parcel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Parcel")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("generation", &self.generation)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
