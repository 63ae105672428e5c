//! Courier: jobs that run in another program, under whatever name.
//!
//! A worker with a courier takes every message that reads as a job. What it has no job of its own for, or cannot run
//! itself (a closure, a middleware that is code), the courier hands to the other program. The engine keeps what it keeps
//! of every job: the claim, tries, backoff, timeout, the failed store. What the message asks for beyond that (chain,
//! batch, locks, callbacks) it does not look at: the other program does all of it.

use std::fmt;
use std::sync::Arc;

use crate::engine::Engine;
use crate::explain::explain;
use crate::policy::Description;
use crate::registry::{Declared, Prepared};
use crate::settle::Finished;
use crate::{BoxFuture, Context, Guarantee, JobError, Timestamp};

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

/// A worker's courier, and the policy of what goes with it.
#[derive(Clone)]
pub(crate) struct Lane {
    courier: Arc<dyn Courier>,
    pub(crate) description: Description,
}

impl Lane {
    pub(crate) fn of(courier: Arc<dyn Courier>) -> Self {
        let Defaults {
            tries,
            backoff,
            timeout,
        } = courier.defaults();
        Self {
            courier,
            description: Description {
                name: "*",
                tries,
                max_exceptions: 0,
                backoff,
                timeout,
                fail_on_timeout: false,
                guarantee: Guarantee::Once,
                unique_until_processing: false,
                failed_hook: false,
                delete_when_missing_models: false,
                shadow: false,
            },
        }
    }

    /// The job that hands `parcel` over.
    pub(crate) fn prepare<S: Send + Sync + 'static>(&self, parcel: Parcel) -> Prepared<S> {
        let courier = Arc::clone(&self.courier);
        Prepared {
            run: Box::new(move |context: Context<S>| {
                let parcel = Parcel {
                    attempt: context.attempt(),
                    deadline: context.deadline(),
                    ..parcel
                };
                Box::pin(async move { courier.deliver(parcel).await.map(|()| None) })
            }),
            declared: Declared::default(),
        }
    }
}

impl Engine<'_> {
    /// Tells the courier that a job of its has failed.
    pub(crate) async fn tell_failed(
        &self,
        job: &Finished<'_>,
        lane: &Lane,
        error: &str,
    ) -> Result<(), String> {
        let parcel = Parcel {
            id: job.id.to_owned(),
            name: job.name.to_owned(),
            body: job.envelope.text().to_owned(),
            queue: job.delivery.queue.clone(),
            generation: job.envelope.generation,
            attempt: job.claim.spent,
            receives: job.delivery.receive_count,
            deadline: self.hard_deadline(),
        };
        let over = self.ports.clock.sleep_until(parcel.deadline);
        let told = lane.courier.tell_failed(parcel, error.to_owned());
        match futures_util::future::select(told, over).await {
            futures_util::future::Either::Left((told, _)) => told.map_err(|error| explain(&*error)),
            futures_util::future::Either::Right(_) => {
                Err("it did not answer in the time that is left".to_owned())
            }
        }
    }
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

impl fmt::Debug for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lane")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}
