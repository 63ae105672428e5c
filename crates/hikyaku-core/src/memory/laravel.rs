//! Laravel's tables in memory: batches and the cache, beside the ledger, so that they change together with it.

use std::collections::BTreeMap;

use hikyaku_laravel::batch::{BatchOptions, Counts};

use super::ledger::MemoryLedger;
use crate::ports::batches::{Batch, Batches};
use crate::ports::cache::{Cache, Lock};
use crate::ports::ledger::{End, Unlock};
use crate::ports::store::StoreError;
use crate::{BoxFuture, Timestamp};

#[derive(Debug, Default)]
pub(super) struct LaravelTables {
    batches: BTreeMap<String, Row>,
    cache: BTreeMap<String, Entry>,
}

/// A row of `job_batches`.
#[derive(Debug, Clone)]
struct Row {
    counts: Counts,
    failed_ids: Vec<String>,
    options: BatchOptions,
    cancelled: Option<Timestamp>,
    finished: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: String,
    expires: Timestamp,
}

impl LaravelTables {
    /// Writes what ends together with a job, and says how many items that were. `failed`: the job, if it failed.
    pub(super) fn close(&mut self, end: &End, failed: Option<&str>) -> u64 {
        let mut writes = 0;
        for unlock in &end.unlock {
            self.unlock(unlock);
            writes += 1;
        }
        let row = end.batch.as_ref().and_then(|id| self.batches.get_mut(id));
        match (row, failed) {
            (None, _) => {}
            (Some(row), None) => {
                row.counts.pending -= 1;
                writes += 1;
            }
            (Some(row), Some(id)) => {
                if !row.failed_ids.iter().any(|failed| failed == id) {
                    row.counts.failed += 1;
                    row.failed_ids.push(id.to_owned());
                    writes += 1;
                }
            }
        }
        writes
    }

    fn unlock(&mut self, unlock: &Unlock) {
        let held = self.cache.get(&unlock.key);
        let ours = held.is_some_and(|entry| {
            unlock
                .value
                .as_ref()
                .is_none_or(|value| *value == entry.value)
        });
        if ours {
            self.cache.remove(&unlock.key);
        }
    }
}

impl MemoryLedger {
    /// Adds a batch of so many jobs, as its dispatch would.
    pub fn add_batch(&self, id: &str, jobs: i64, options: BatchOptions) {
        let row = Row {
            counts: Counts {
                pending: jobs,
                failed: 0,
            },
            failed_ids: Vec::new(),
            options,
            cancelled: None,
            finished: None,
        };
        self.tables().laravel.batches.insert(id.to_owned(), row);
    }

    /// A batch as it stands.
    pub fn batch(&self, id: &str) -> Option<Batch> {
        let tables = self.tables();
        let row = tables.laravel.batches.get(id)?;
        Some(Batch {
            counts: row.counts,
            first_failed: row.failed_ids.first().cloned(),
            cancelled: row.cancelled.is_some(),
            options: row.options.clone(),
        })
    }

    /// Whether a batch is marked as finished.
    pub fn is_finished(&self, id: &str) -> bool {
        let tables = self.tables();
        let row = tables.laravel.batches.get(id);
        row.is_some_and(|row| row.finished.is_some())
    }

    /// When a batch was marked as finished.
    pub fn finished_at(&self, id: &str) -> Option<Timestamp> {
        let tables = self.tables();
        tables.laravel.batches.get(id)?.finished
    }

    /// Puts an entry into the cache, as the application would.
    pub fn put(&self, key: &str, value: &str, expires: Timestamp) {
        let value = value.to_owned();
        let entry = Entry { value, expires };
        self.tables().laravel.cache.insert(key.to_owned(), entry);
    }

    /// What is in the cache under a key, expired or not.
    pub fn cached(&self, key: &str) -> Option<String> {
        let tables = self.tables();
        let entry = tables.laravel.cache.get(key)?;
        Some(entry.value.clone())
    }
}

impl Batches for MemoryLedger {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>> {
        Box::pin(async move { Ok(self.batch(id)) })
    }

    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            if let Some(row) = tables.laravel.batches.get_mut(id) {
                row.finished.get_or_insert(now);
            }
            Ok(())
        })
    }

    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            if let Some(row) = tables.laravel.batches.get_mut(id)
                && row.cancelled.is_none()
            {
                row.cancelled = Some(now);
                row.finished = Some(now);
            }
            Ok(())
        })
    }
}

impl Cache for MemoryLedger {
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            let free = match tables.laravel.cache.get(&lock.key) {
                None => true,
                Some(Entry { value, expires }) => {
                    let is_earlier = value.starts_with(&lock.job) && *value <= lock.value;
                    *expires < lock.now || is_earlier
                }
            };
            if free {
                let entry = Entry {
                    value: lock.value.clone(),
                    expires: lock.expires,
                };
                tables.laravel.cache.insert(lock.key.clone(), entry);
            }
            Ok(free)
        })
    }

    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            tables.laravel.unlock(unlock);
            Ok(())
        })
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let tables = self.tables();
            let entry = tables.laravel.cache.get(key);
            let entry = entry.filter(|entry| now < entry.expires);
            Ok(entry.map(|entry| entry.value.clone()))
        })
    }
}
