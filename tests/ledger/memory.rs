//! The contract on the ledger in memory.

use std::sync::Arc;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::{Batches, Cache, Ledger, Timestamp};
use hikyaku_laravel::batch::BatchOptions;

use super::application::Application;
use super::{contract, ends, locks};

/// Everything in memory is one object.
#[derive(Clone, Default)]
pub(crate) struct InMemory(pub(crate) Arc<MemoryLedger>);

impl Application for InMemory {
    fn ledger(&self) -> Arc<dyn Ledger> {
        self.0.clone()
    }

    fn batches(&self) -> Arc<dyn Batches> {
        self.0.clone()
    }

    fn cache(&self) -> Arc<dyn Cache> {
        self.0.clone()
    }

    async fn add_batch(&self, id: &str, jobs: i64, options: &str) {
        let options = BatchOptions::read(options).unwrap();
        self.0.add_batch(id, jobs, options);
    }

    async fn finished_at(&self, id: &str) -> Option<u64> {
        self.0.finished_at(id).map(Timestamp::as_secs)
    }

    async fn put(&self, key: &str, value: &str, expires: Timestamp) {
        self.0.put(key, value, expires);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_ledger_in_memory_keeps_the_contract() {
    let application = InMemory::default();
    contract::exercise(&*application.0).await;
    ends::exercise(&application).await;
    locks::exercise(&application).await;
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_larger_than_an_item_in_memory_is_refused_for_good() {
    let ledger = &*InMemory::default().0;
    contract::what_is_larger_than_an_item_is_refused_for_good_and_changes_nothing(ledger).await;
}
