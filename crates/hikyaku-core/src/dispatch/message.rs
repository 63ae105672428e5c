//! A message before it is sent: its job, and how it asks to be run.

use std::time::Duration;

use hikyaku_laravel::message::{ObjectJob, Options};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Job, Timestamp};

/// A job to be sent, and how.
///
/// What is not said here is not in the message; then the constants of the Rust job or the properties of the PHP class
/// decide. With a [`Destination`](super::Destination) it is sent when it is awaited.
#[derive(Debug)]
#[must_use = "a message is sent when it is awaited"]
pub struct Message<To = ()> {
    pub(super) contents: Contents,
    pub(super) options: Options,
    pub(super) uuid: Option<String>,
    pub(super) delay: Duration,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) to: To,
}

/// The two ways a payload travels.
#[derive(Debug)]
pub(super) enum Contents {
    String {
        job: String,
        data: Result<Box<RawValue>, serde_json::Error>,
    },
    Object(Box<ObjectJob>),
}

impl Message {
    /// A job that is a name and JSON: one of another binary, or what Laravel calls by `Class@method`.
    ///
    /// A payload that cannot be written as JSON is an error when the message is sent.
    pub fn string_job(job: impl Into<String>, data: &impl Serialize) -> Self {
        Self::new(Contents::String {
            job: job.into(),
            data: serde_json::value::to_raw_value(data),
        })
    }

    /// An instance of a PHP class.
    pub fn object_job(job: ObjectJob) -> Self {
        Self::new(Contents::Object(Box::new(job)))
    }

    fn new(contents: Contents) -> Self {
        Self {
            contents,
            options: Options::default(),
            uuid: None,
            delay: Duration::ZERO,
            group: None,
            deduplication: None,
            to: (),
        }
    }

    /// Addressed to `to`.
    pub fn to<To>(self, to: To) -> Message<To> {
        let Self {
            contents,
            options,
            uuid,
            delay,
            group,
            deduplication,
            to: (),
        } = self;
        Message {
            contents,
            options,
            uuid,
            delay,
            group,
            deduplication,
            to,
        }
    }
}

impl<To> Message<To> {
    /// Held back for this long. SQS takes up to 15 minutes, and none for a message of a FIFO queue; more is an error.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// In this message group: what a FIFO queue keeps in order, and what a standard one shares out fairly (a tenant, a
    /// customer). In a FIFO queue a string job without one is in the group that has the queue's name, as in Laravel.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Taken by a FIFO queue only once within five minutes under this key. By default that is the uuid.
    pub fn deduplicate(mut self, key: impl Into<String>) -> Self {
        self.deduplication = Some(key.into());
        self
    }

    /// Under this identity instead of a random one. A job of the guarantee `Once` or `AtMostOnce` is done once under one
    /// identity, however often it is sent within the ledger's 15 days.
    pub fn uuid(mut self, uuid: impl Into<String>) -> Self {
        self.uuid = Some(uuid.into());
        self
    }

    /// `maxTries`: tried this often at most; 0 is without limit.
    pub fn tries(mut self, tries: u32) -> Self {
        self.options.tries = Some(tries);
        self
    }

    /// `maxExceptions`: failed after so many exceptions, however many tries are left.
    pub fn max_exceptions(mut self, exceptions: u32) -> Self {
        self.options.max_exceptions = Some(exceptions);
        self
    }

    /// `backoff`: the waits before the second attempt, the third, …; the last repeats. Whole seconds, rounded up.
    pub fn backoff(mut self, waits: impl IntoIterator<Item = Duration>) -> Self {
        self.options.backoff = Some(waits.into_iter().map(whole_seconds).collect());
        self
    }

    /// `timeout`: how long an attempt may take. Whole seconds, rounded up. For Laravel zero is without limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(whole_seconds(timeout));
        self
    }

    /// `failOnTimeout`: a timeout is final.
    pub fn fail_on_timeout(mut self) -> Self {
        self.options.fail_on_timeout = true;
        self
    }

    /// `retryUntil`: tried until then, instead of a number of tries. Whole seconds.
    pub fn retry_until(mut self, moment: Timestamp) -> Self {
        self.options.retry_until = i64::try_from(moment.as_secs()).ok();
        self
    }

    /// What the job is called: the name it goes out under, or its class.
    pub fn job(&self) -> &str {
        match &self.contents {
            Contents::String { job, .. } => job,
            Contents::Object(object) => object.class(),
        }
    }

    pub(super) fn parted(self) -> (Message, To) {
        let Self {
            contents,
            options,
            uuid,
            delay,
            group,
            deduplication,
            to,
        } = self;
        let message = Message {
            contents,
            options,
            uuid,
            delay,
            group,
            deduplication,
            to: (),
        };
        (message, to)
    }
}

/// A job of ours, as a string job under its name.
impl<J: Job + Serialize> From<&J> for Message {
    fn from(job: &J) -> Self {
        Self::string_job(J::NAME, job)
    }
}

impl From<ObjectJob> for Message {
    fn from(job: ObjectJob) -> Self {
        Self::object_job(job)
    }
}

/// What SQS and Laravel count in; a part of one is a second.
pub(super) fn whole_seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
