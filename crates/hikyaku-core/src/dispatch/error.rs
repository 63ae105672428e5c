//! Why a job could not be dispatched.

use std::sync::Arc;

use hikyaku_laravel::envelope::MAX_BODY_BYTES;
use hikyaku_laravel::message::ObjectJobError;

use super::address::LONGEST_DELAY;
use crate::QueueError;
use crate::job::attempt_route::MOST_HOPS;
use crate::ports::queue::LONGEST_IDENTIFIER;

/// A job was not dispatched. All but [`Unsent`](Self::Unsent), [`NoRandom`](Self::NoRandom) and [`Over`](Self::Over) stay
/// so however often it is tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// Its payload cannot be written.
    #[error("writing the payload of job `{job}` as json")]
    Payload {
        /// The job.
        job: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Its PHP object cannot be written.
    #[error("writing job `{job}` as a php object")]
    Object {
        /// The job's class.
        job: String,
        /// Why.
        #[source]
        source: ObjectJobError,
    },
    /// Its message is longer than SQS takes.
    #[error(
        "job `{job}` makes a message of {bytes} bytes, and SQS takes {MAX_BODY_BYTES}: put its payload into an object and send the object's URL"
    )]
    TooLong {
        /// The job.
        job: String,
        /// How long its message is.
        bytes: usize,
    },
    /// It is delayed for longer than SQS holds a message back.
    #[error(
        "job `{job}` is delayed by {seconds} s, and SQS holds a message back for {} s at most: dispatch it when it is due, from a schedule or from a job that waits for it", LONGEST_DELAY.as_secs()
    )]
    DelayTooLong {
        /// The job.
        job: String,
        /// The delay.
        seconds: u32,
    },
    /// It is delayed, and its queue keeps an order.
    #[error(
        "job `{job}` is delayed, and a FIFO queue takes no delay for one message: leave it out, set the queue's own DelaySeconds, or send it to a standard queue than `{queue}`"
    )]
    DelayOnFifo {
        /// The job.
        job: String,
        /// The queue's URL.
        queue: String,
    },
    /// Its queue keeps an order, and nothing says in which group.
    #[error(
        "job `{job}` goes to the FIFO queue `{queue}` and has no message group: say one with `.group(…)`"
    )]
    NoGroup {
        /// The job.
        job: String,
        /// The queue's URL.
        queue: String,
    },
    /// It has a deduplication key, and its queue takes none.
    #[error(
        "job `{job}` has a deduplication key, and `{queue}` is not a FIFO queue: give it a `.uuid(…)`, by which the ledger knows copies"
    )]
    DeduplicationOnStandard {
        /// The job.
        job: String,
        /// The queue's URL.
        queue: String,
    },
    /// SQS takes no such name.
    #[error(
        "the {what} of job `{job}` has to be 1 to {LONGEST_IDENTIFIER} letters, digits and punctuation characters of ASCII"
    )]
    Identifier {
        /// The job.
        job: String,
        /// `uuid`, `message group` or `deduplication key`.
        what: &'static str,
    },
    /// The system has no secure random bytes for a uuid.
    #[error("job `{job}` needs a uuid, and the system has no random bytes")]
    NoRandom {
        /// The job.
        job: String,
    },
    /// Jobs have sent one another for too long.
    #[error(
        "job `{job}` is not dispatched: {MOST_HOPS} jobs in a row have sent one another, and this looks like a loop"
    )]
    Loop {
        /// The job.
        job: String,
    },
    /// Nobody knows which queue it goes to.
    #[error(
        "job `{job}` goes to no queue: the job that dispatches it came from none, so set HIKYAKU_QUEUE_URL, or say `.on(…)` with a queue's URL"
    )]
    NoQueue {
        /// The job.
        job: String,
    },
    /// The attempt has dispatched another job under this name.
    #[error(
        "job `{job}` is dispatched as `{name}`, and this attempt has dispatched another as that: give each its own name"
    )]
    NameTaken {
        /// The job.
        job: String,
        /// The name.
        name: String,
    },
    /// The attempt was stopped. The next one sends the job under the same identity.
    #[error("job `{job}` was not dispatched before its attempt was over")]
    Over {
        /// The job.
        job: String,
    },
    /// The queue did not take it.
    #[error("dispatching job `{job}` ({uuid})")]
    Unsent {
        /// The job.
        job: String,
        /// Its identity.
        uuid: String,
        /// Why. The jobs of one request share it.
        #[source]
        source: Arc<QueueError>,
    },
}
