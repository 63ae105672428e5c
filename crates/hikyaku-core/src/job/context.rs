//! What a running job knows and may ask for.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::job::attempt_route::Route;
use crate::job::checkpoint::{Checkpoint, Place};
use crate::job::tasks::{Task, Tasks};
use crate::{CheckpointError, Clock, Commit, Executor, Timestamp};

/// Handed to [`Job::run`](crate::Job::run): which attempt this is, how long it has, and the binary's shared state.
pub struct Context<S> {
    state: Arc<S>,
    pub(crate) attempt: Arc<Attempt>,
}

/// One try of one job: what the engine and the job both see.
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) token: u64,
    pub(crate) deadline: Timestamp,
    pub(crate) stop: AtomicBool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) tasks: Tasks,
    pub(crate) route: Route,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) is_shadow: bool,
    pub(crate) commit: Mutex<Option<Commit>>,
}

impl Attempt {
    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.clock.now() >= self.deadline
    }
}

impl Attempt {
    pub(crate) fn take_commit(&self) -> Option<Commit> {
        let mut commit = self.commit.lock().unwrap_or_else(PoisonError::into_inner);
        commit.take()
    }
}

impl<S> Context<S> {
    pub(crate) fn new(state: Arc<S>, attempt: Arc<Attempt>) -> Self {
        Self { state, attempt }
    }

    /// What all jobs of this binary share.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The job's id: the same for every attempt and for every copy of its message.
    pub fn id(&self) -> &str {
        &self.attempt.id
    }

    /// Which try this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt.number
    }

    /// The fencing token of this attempt: greater than that of every earlier one. Write it beside your own data and
    /// refuse smaller ones, and a frozen attempt that wakes up late changes nothing. 0 for
    /// [`Guarantee::AtLeastOnce`](crate::Guarantee::AtLeastOnce), which keeps no ledger.
    pub fn token(&self) -> u64 {
        self.attempt.token
    }

    /// Whether this run is only there to be compared with PHP's, which has done the work: leave nothing behind, roll back
    /// and send no mail ([`Job::SHADOW`](crate::Job::SHADOW)). What is asked of the context has no effect then:
    /// [`dispatch`](Self::dispatch) sends nothing, [`checkpoint`](Self::checkpoint) saves nothing, and
    /// [`commit`](Self::commit) writes nothing; each of them answers as if it had.
    pub fn is_shadow(&self) -> bool {
        self.attempt.is_shadow
    }

    /// The X-Ray header of the trace that the job belongs to: `Root=…;Parent=…;Sampled=…`. What the job dispatches carries
    /// it by itself; hand it as `X-Amzn-Trace-Id` to other systems that you ask.
    pub fn trace(&self) -> Option<&str> {
        self.attempt.route.trace.as_deref()
    }

    /// The time now, by the engine's clock (virtual in tests).
    pub fn now(&self) -> Timestamp {
        self.attempt.clock.now()
    }

    /// When this attempt is stopped.
    pub fn deadline(&self) -> Timestamp {
        self.attempt.deadline
    }

    /// How long this attempt still has.
    pub fn time_left(&self) -> Duration {
        self.attempt.clock.now().until(self.attempt.deadline)
    }

    /// Whether the attempt should end now: its time is over, or another attempt has taken the job over.
    ///
    /// Ask between two steps of work that does not await; nobody can stop such work from outside.
    pub fn should_stop(&self) -> bool {
        self.attempt.should_stop()
    }

    /// A key that is the same for every attempt of this job and different for every other job and `name`.
    ///
    /// Hand it to other systems as their idempotency key (`Idempotency-Key`, `client_token`, a unique column): then a
    /// repeated attempt has no second effect there.
    pub fn effect_key(&self, name: &str) -> String {
        format!("{}:{name}", self.attempt.id)
    }

    /// Saves what the job is to go on from, should this attempt not be the last. One write; it replaces what was saved
    /// before. [`resume`](Self::resume) reads it.
    pub async fn checkpoint<T: Serialize + Sync>(&self, state: &T) -> Result<(), CheckpointError> {
        let Attempt {
            checkpoint,
            clock,
            deadline,
            ..
        } = &*self.attempt;
        checkpoint.save(state, &**clock, *deadline).await
    }

    /// What an earlier attempt of this job saved with [`checkpoint`](Self::checkpoint), also one of before it failed and
    /// was sent again. Asks nobody: it came with the claim.
    pub fn resume<T: DeserializeOwned>(&self) -> Result<Option<T>, CheckpointError> {
        self.attempt.checkpoint.read()
    }

    /// Writes that are to take effect together with the job's being done, and only then: once, whatever is repeated. They
    /// are in the ledger's own terms; on DynamoDB they are up to 90 items of a transaction.
    ///
    /// If one of them is refused, the attempt has failed. A second call replaces what the first said. A job that keeps no
    /// ledger cannot commit.
    pub fn commit(&self, writes: Commit) -> Result<(), CheckpointError> {
        if matches!(self.attempt.checkpoint.place, Place::Nowhere) {
            let id = self.attempt.id.clone();
            return Err(CheckpointError::NoLedger { id });
        }
        let mut commit = self
            .attempt
            .commit
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *commit = Some(writes);
        Ok(())
    }

    /// Runs `task` beside the job. The job settles only when it has ended, awaited or not, because Lambda freezes
    /// whatever outlives the answer; a panic in it fails the job.
    pub fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        self.attempt.tasks.spawn(&*self.attempt.executor, task)
    }

    /// Runs work that computes or blocks on a thread of its own, so that the job's other futures go on.
    ///
    /// It cannot be stopped: long work asks [`should_stop`](Self::should_stop) through a [`Stop`] it takes along.
    pub fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Task<T> {
        self.attempt
            .tasks
            .spawn_blocking(&*self.attempt.executor, work)
    }

    /// The question [`should_stop`](Self::should_stop), to take along into blocking work.
    pub fn stop(&self) -> Stop {
        Stop {
            attempt: Arc::clone(&self.attempt),
        }
    }

    /// Waits for `duration`, by the engine's clock. The wait is cut short with the attempt.
    pub async fn sleep(&self, duration: Duration) {
        self.attempt.clock.sleep_until(self.now() + duration).await;
    }
}

impl<S> std::fmt::Debug for Context<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Context")
            .field("id", &self.attempt.id)
            .field("attempt", &self.attempt.number)
            .finish_non_exhaustive()
    }
}

/// Tells blocking work when to end.
#[derive(Clone)]
pub struct Stop {
    attempt: Arc<Attempt>,
}

impl Stop {
    /// Whether the work should end now.
    pub fn should_stop(&self) -> bool {
        self.attempt.should_stop()
    }
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Stop")
            .field("should_stop", &self.should_stop())
            .finish()
    }
}
