//! What a job may answer when it did not succeed.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A job's error is its verdict: try again (by policy, or after a time), later without spending a try, or never again.
///
/// Any error becomes a `JobError` through `?` and means "try again by policy". This type does not implement
/// [`std::error::Error`] itself, because then that conversion could not exist.
#[derive(Debug)]
pub struct JobError {
    pub(crate) wish: Wish,
    pub(crate) source: BoxError,
}

/// What the author asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Retry,
    RetryAfter(Duration),
    Snooze(Duration),
    Continue,
    Fail,
    MissingModel,
}

impl JobError {
    /// The job can never succeed: it is buried at once, with this reason.
    pub fn fail(reason: impl Into<BoxError>) -> Self {
        Self {
            wish: Wish::Fail,
            source: reason.into(),
        }
    }

    /// The job is tried again after `delay` instead of its backoff. The attempt counts.
    ///
    /// `delay` is kept however long it is. A queue hides a message for at most 12 hours: for each half day the message comes
    /// back once and is hidden again (a receive, a request and a refused write), and for each three days it is sent anew, for
    /// which the function needs `sqs:SendMessage` on its own queue. Only a job that keeps no record
    /// ([`AtLeastOnce`](crate::Guarantee::AtLeastOnce)) has its delay cut to what the queue can do, with a warning. In a FIFO
    /// queue what waits holds up its group, and is lost when SQS has kept its message for as long as the queue says.
    pub fn retry_after(delay: Duration, reason: impl Into<BoxError>) -> Self {
        Self {
            wish: Wish::RetryAfter(delay),
            source: reason.into(),
        }
    }

    /// The job cannot run now through no fault of its own: it comes back after `delay`, and no try is spent. It may do so
    /// however often; `delay` is kept as by [`retry_after`](Self::retry_after).
    pub fn snooze(delay: Duration) -> Self {
        Self {
            wish: Wish::Snooze(delay),
            source: "snoozed".into(),
        }
    }

    /// The same, with why: it is in the log, and nowhere else.
    pub fn snooze_because(delay: Duration, reason: impl Into<BoxError>) -> Self {
        Self {
            wish: Wish::Snooze(delay),
            source: reason.into(),
        }
    }

    /// The job has done a part of its work and saved a [checkpoint](crate::Context::checkpoint): it goes on from there in
    /// another invocation, at once. No try is spent, and those spent are given back.
    ///
    /// This is how a job takes longer than the fifteen minutes of a Lambda function. It goes on with the same message, and
    /// after fifty parts with a new one, for SQS moves a message that is received too often to the dead letters. In a FIFO
    /// queue, whose order a new message would break, there are as many parts as the queue's `maxReceiveCount` allows.
    pub fn continuation() -> Self {
        Self {
            wish: Wish::Continue,
            source: "continued".into(),
        }
    }

    /// A model that the payload names (`ModelIdentifier`) is not in the database any more. The job is buried, or dropped
    /// in silence if its class says `deleteWhenMissingModels`.
    pub fn missing_model(reason: impl Into<BoxError>) -> Self {
        Self {
            wish: Wish::MissingModel,
            source: reason.into(),
        }
    }

    /// The error and its causes, outermost first, joined by `: `.
    pub(crate) fn chain(&self) -> String {
        crate::explain::explain(&*self.source)
    }

    /// The causes of the error, without itself, outermost first.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut cause = self.source.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        causes
    }
}

impl<E: Into<BoxError>> From<E> for JobError {
    fn from(error: E) -> Self {
        Self {
            wish: Wish::Retry,
            source: error.into(),
        }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.chain())
    }
}

/// Says at the call what an error means for the job.
pub trait ResultExt<T> {
    /// On error the job is buried at once: trying again cannot help.
    fn or_fail(self) -> Result<T, JobError>;

    /// On error the job is tried again after `delay`.
    fn or_retry_after(self, delay: Duration) -> Result<T, JobError>;
}

impl<T, E: Into<BoxError>> ResultExt<T> for Result<T, E> {
    fn or_fail(self) -> Result<T, JobError> {
        self.map_err(JobError::fail)
    }

    fn or_retry_after(self, delay: Duration) -> Result<T, JobError> {
        self.map_err(|error| JobError::retry_after(delay, error))
    }
}
