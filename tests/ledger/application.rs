//! What is under contract: a ledger, with Laravel's tables beside it.

use std::sync::Arc;

use hikyaku_core::{Batches, Cache, Ledger, Timestamp};

/// A ledger, Laravel's tables, and the application that fills them.
pub(crate) trait Application {
    fn ledger(&self) -> Arc<dyn Ledger>;
    fn batches(&self) -> Arc<dyn Batches>;
    fn cache(&self) -> Arc<dyn Cache>;

    /// Dispatches a batch of so many jobs.
    async fn add_batch(&self, id: &str, jobs: i64, options: &str);

    /// What the batch's row says, in Unix seconds.
    async fn finished_at(&self, id: &str) -> Option<u64>;

    /// Puts an entry into the cache.
    async fn put(&self, key: &str, value: &str, expires: Timestamp);
}
