//! Commit: writes of a job's own that take effect together with its being done.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Writes that a ledger carries out in the same transaction in which it records that the job is done: all or nothing, and
/// once. What they are is between the job and its ledger; the engine only hands them on.
#[derive(Clone)]
pub struct Commit(Arc<dyn Any + Send + Sync>);

impl Commit {
    /// Writes in the ledger's own terms.
    pub fn new<T: Any + Send + Sync>(writes: T) -> Self {
        Self(Arc::new(writes))
    }

    /// The writes, if they are in the terms of the ledger that asks.
    pub fn of<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl PartialEq for Commit {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Commit {}

impl fmt::Debug for Commit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Commit")
    }
}
