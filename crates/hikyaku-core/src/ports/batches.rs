//! Laravel's batches. The ledger counts; here is what the counters say.

use hikyaku_laravel::batch::{BatchOptions, Counts};

use super::BoxFuture;
use super::clock::Timestamp;
use super::store::StoreError;

/// A batch as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How many jobs are pending, and how many failures there were.
    pub counts: Counts,
    /// The first job that failed.
    pub first_failed: Option<String>,
    /// Whether it is cancelled.
    pub cancelled: bool,
    /// What it was dispatched with.
    pub options: BatchOptions,
}

/// Laravel's table of batches. Each call is one request; the writes are idempotent.
pub trait Batches: Send + Sync + 'static {
    /// The batch as it stands after every write that was answered before. None: it is not there (any more).
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>>;

    /// Notes when the batch finished, unless that is noted already.
    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Cancels the batch, unless it is cancelled already.
    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>>;
}
