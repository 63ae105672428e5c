//! The tables of an application with one thing wrong with them.

use hikyaku_core::{Batch, Batches, BoxFuture, Cache, Lock, StoreError, Timestamp, Unlock};
use hikyaku_laravel::batch::{BatchOptions, Counts};

use super::spoilt::Spoilt;
use super::spoilt_worlds::Defect;

impl Batches for Spoilt {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>> {
        Box::pin(async move {
            let mut batch = self.ledger.batch(id);
            if let (Some(batch), Defect::ReadsOneLess) = (&mut batch, self.defect) {
                batch.counts.pending = (batch.counts.pending - 1).max(0);
            }
            if self.is(Defect::ReadsWhatWas) {
                let mut read = self.read.lock().unwrap();
                let fresh = Batch {
                    counts: Counts {
                        pending: i64::MAX,
                        failed: 0,
                    },
                    first_failed: None,
                    cancelled: false,
                    options: BatchOptions::default(),
                };
                return Ok(std::mem::replace(&mut *read, batch).or(Some(fresh)));
            }
            Ok(batch)
        })
    }

    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ledger.finish(id, now)
    }

    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ledger.cancel(id, now)
    }
}

impl Cache for Spoilt {
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut lock = lock.clone();
            match self.defect {
                Defect::TakesNothingOver => "nobody".clone_into(&mut lock.job),
                Defect::TakesEverythingOver => self.ledger.put(&lock.key, "", Timestamp::default()),
                _ => {}
            }
            self.ledger.lock(&lock).await
        })
    }

    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            if self.is(Defect::KeepsLocks) {
                return Ok(());
            }
            self.ledger.unlock(unlock).await
        })
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        self.ledger.get(key, now)
    }
}
