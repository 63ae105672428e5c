//! What only PHP can do, asked for by a message: a string job on a queue that PHP works off.
//!
//! Closures (`then`, `catch`, …) and `failed()` methods are PHP code, and some locks and batches are in stores that only
//! the application reaches. A class of about twenty lines in the application does what a message asks for
//! (docs/laravel.md has it).

use serde::Serialize;

use crate::batch::Callback;
use crate::identity::derived_uuid;
use crate::message::StringJob;

/// What PHP is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Ask {
    /// A job begins here; do what that brings about in PHP.
    Started(Settling),
    /// A job has succeeded here; do what its success brings about in PHP.
    Done(Settling),
    /// A job has failed here for good; do what its failure brings about in PHP.
    Failed {
        /// The job, and what of it.
        #[serde(flatten)]
        settling: Settling,
        /// What went wrong.
        exception: String,
    },
    /// A batch that is counted here has come to a point at which its callbacks are due.
    Batch {
        /// The batch.
        batch_id: String,
        /// Which callbacks, in this order.
        callbacks: Vec<DueCallback>,
        /// What went wrong, after a failure.
        #[serde(skip_serializing_if = "Option::is_none")]
        exception: Option<String>,
    },
}

/// A job of which PHP settles a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settling {
    /// The job's message, to the letter.
    pub body: String,
    /// The name of the connection it came over.
    pub connection: String,
    /// The queue it came from.
    pub queue: String,
    /// What is left to PHP.
    pub tasks: Vec<Task>,
}

/// One thing to do for a job that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// Release the lock of a unique job.
    Unique,
    /// Count the job in its batch.
    Batch,
    /// Dispatch the next job of its chain, or call its chain's `catch`.
    Chain,
    /// Call the job's `failed()`. It is called with the other tasks of a failure, too, as Laravel would.
    Failed,
}

/// A callback of a batch that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueCallback {
    name: &'static str,
    id: String,
}

impl DueCallback {
    /// A callback, and what a repetition of it is known by.
    pub fn new(callback: Callback, id: String) -> Self {
        Self {
            name: callback.key(),
            id,
        }
    }
}

/// A question to PHP with what it is known by: a second message of one `id` asks nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayMessage {
    /// The same for every repetition.
    pub id: String,
    /// What PHP is asked to do.
    #[serde(flatten)]
    pub ask: Ask,
}

impl RelayMessage {
    /// The uuid of the job that asks.
    pub fn uuid(&self) -> String {
        derived_uuid(&self.id, "relay")
    }

    /// The message body: a string job for `job` (`Class@method`), under a uuid that follows from `id`.
    pub fn body(&self, job: &str) -> Result<String, serde_json::Error> {
        // PHP's worker tries once unless it is told otherwise.
        let job = StringJob::new(job).with_uuid(self.uuid()).with_tries(3);
        job.body(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Envelope;

    #[test]
    fn a_question_is_a_string_job_and_the_same_question_has_the_same_uuid() {
        let message = RelayMessage {
            id: "b-1:then".to_owned(),
            ask: Ask::Batch {
                batch_id: "b-1".to_owned(),
                callbacks: vec![DueCallback::new(Callback::Then, "b-1:then".to_owned())],
                exception: None,
            },
        };
        let body = message.body("App\\Queue\\HikyakuRelay@handle").unwrap();
        let envelope = Envelope::parse(&body).unwrap();
        assert_eq!(envelope.name(), "App\\Queue\\HikyakuRelay");
        assert_eq!(
            envelope.member("data"),
            Some(
                r#"{"id":"b-1:then","event":"batch","batchId":"b-1","callbacks":[{"name":"then","id":"b-1:then"}]}"#
            )
        );
        assert_eq!(Some(message.uuid()), envelope.uuid);
    }
}
