//! How the duties of one message are met.

use hikyaku_laravel::Unsupported;
use hikyaku_laravel::chain::Link;
use hikyaku_laravel::relay::Task;

use crate::Unlock;
use crate::job::lane::Lane;

/// How the duties of one message are met. Empty for most.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What the job has to pass before it runs.
    pub(crate) admission: Admission,
    /// The batch that is counted together with the job's end.
    pub(crate) batch: Option<String>,
    /// The locks that end together with the job.
    pub(crate) unlock: Vec<Unlock>,
    /// What is sent when the job is done.
    pub(crate) next: Option<Next>,
    /// What PHP is asked to do before the job runs.
    pub(crate) ask_started: Vec<Task>,
    /// What PHP is asked to do when the job is done.
    pub(crate) ask_done: Vec<Task>,
    /// What PHP is asked to do when the job has failed.
    pub(crate) ask_failed: Vec<Task>,
    /// Where the job runs, if not here. Whoever runs it does all else that its message asks for.
    pub(crate) lane: Option<Lane>,
}

/// What a job has to pass before it runs.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    pub(crate) skip: bool,
    pub(crate) debounce: Option<Debounce>,
    /// The batch that has to be looked at first: whether it is cancelled, or has callbacks that nobody could call.
    pub(crate) batch: Option<BatchCheck>,
    pub(crate) overlaps: Vec<OverlapLock>,
    /// Locks that end when the job begins.
    pub(crate) unlock: Vec<Unlock>,
}

/// Only the last dispatch of a debounced job runs.
#[derive(Debug)]
pub(crate) struct Debounce {
    pub(crate) key: String,
    pub(crate) owner: String,
}

/// What is asked of a batch before one of its jobs runs.
#[derive(Debug)]
pub(crate) struct BatchCheck {
    pub(crate) id: String,
    pub(crate) skip_if_cancelled: bool,
    pub(crate) refuse_callbacks: bool,
}

/// A lock under which the job runs.
#[derive(Debug)]
pub(crate) struct OverlapLock {
    pub(crate) key: String,
    pub(crate) release_after: Option<u64>,
    pub(crate) seconds: u64,
}

/// The next job of a chain.
#[derive(Debug)]
pub(crate) struct Next {
    pub(crate) link: Link,
    /// The queue's URL.
    pub(crate) queue: String,
}

/// A message asks for what cannot be done from here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmet {
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    #[error(
        "job `{job}` holds a unique lock in {store}, which is out of reach: set HIKYAKU_CACHE_TABLE if it is a dynamodb store (and HIKYAKU_CACHE_STORE to its name), or HIKYAKU_RELAY_QUEUE_URL to have php release it"
    )]
    UniqueLock { job: String, store: String },
    #[error(
        "job `{job}` is unique, and its message does not say under which id: implement `unique_id` of its rust job"
    )]
    UniqueId { job: String },
    #[error(
        "job `{job}` must not overlap with others (WithoutOverlapping), and the cache with its lock is out of reach: set HIKYAKU_CACHE_TABLE"
    )]
    Overlap { job: String },
    #[error(
        "job `{job}` is debounced, and the cache that knows its last dispatch is out of reach: set HIKYAKU_CACHE_TABLE"
    )]
    Debounced { job: String },
    #[error(
        "job `{job}` belongs to batch `{batch}`, and nobody would count it: set HIKYAKU_BATCH_TABLE if batches are kept in dynamodb, or HIKYAKU_RELAY_QUEUE_URL to have php count it"
    )]
    Batch { job: String, batch: String },
    #[error(
        "job `{job}` is skipped if its batch is cancelled, and the batch is out of reach: set HIKYAKU_BATCH_TABLE"
    )]
    BatchCancelled { job: String },
    #[error(
        "job `{job}` is followed by `{next}`, whose queue is not known: set SQS_QUEUE to the connection's default queue, or HIKYAKU_RELAY_QUEUE_URL to have php dispatch it"
    )]
    Next { job: String, next: String },
    #[error(
        "job `{job}` is followed by `{next}`, which is to be encrypted, and there is no key: set HIKYAKU_APP_KEY"
    )]
    NextKey { job: String, next: String },
    #[error(
        "the chain of job `{job}` has php callbacks for its failure, and nobody would call them: set HIKYAKU_RELAY_QUEUE_URL"
    )]
    ChainCallbacks { job: String },
    #[error(
        "job `{job}` has a php method `failed()`, and nobody would call it: set HIKYAKU_RELAY_QUEUE_URL"
    )]
    FailedHook { job: String },
}

impl Plan {
    /// Whether the job has nothing to do but to run.
    pub(crate) fn is_empty(&self) -> bool {
        let Admission {
            skip,
            debounce,
            batch,
            overlaps,
            unlock,
        } = &self.admission;
        !skip
            && debounce.is_none()
            && batch.is_none()
            && overlaps.is_empty()
            && unlock.is_empty()
            && self.ask_started.is_empty()
            && !self.has_consequences()
    }

    /// Whether anything follows the job's end.
    pub(crate) fn has_consequences(&self) -> bool {
        self.batch.is_some()
            || self.next.is_some()
            || !self.unlock.is_empty()
            || !self.ask_done.is_empty()
            || !self.ask_failed.is_empty()
            || self.lane.is_some()
    }
}
