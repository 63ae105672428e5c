//! A ledger in memory, held to the same behaviour as the one on DynamoDB by one contract suite.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::ledger::{
    ClaimReply, ClaimRequest, End, FailedJob, Fence, Grant, Held, Ledger, LedgerError, Record,
    Release, Replace, State,
};
use crate::{BoxFuture, Timestamp};

use super::laravel::LaravelTables;

/// A ledger that lives as long as its process.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    records: BTreeMap<String, Record>,
    failed: BTreeMap<String, FailedJob>,
    pub(super) laravel: LaravelTables,
    pub(super) writes: u64,
}

impl MemoryLedger {
    /// What the ledger knows of a job.
    pub fn record(&self, id: &str) -> Option<Record> {
        self.tables().records.get(id).cloned()
    }

    /// The row of the failed store, if the job is buried.
    pub fn failed(&self, id: &str) -> Option<FailedJob> {
        self.tables().failed.get(id).cloned()
    }

    /// All rows of the failed store, by id.
    pub fn all_failed(&self) -> Vec<FailedJob> {
        self.tables().failed.values().cloned().collect()
    }

    /// Takes a row out of the failed store, as `queue:forget` does.
    pub fn forget(&self, id: &str) -> Option<FailedJob> {
        self.tables().failed.remove(id)
    }

    /// How many item writes were made, refused ones included: what DynamoDB would charge for.
    pub fn writes(&self) -> u64 {
        self.tables().writes
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn grant(&mut self, request: &ClaimRequest, record: Record) -> ClaimReply {
        let grant = Grant::from(&record);
        self.records.insert(request.id.clone(), record);
        ClaimReply::Granted(grant)
    }

    /// Changes a record that runs with this token.
    fn fenced(&mut self, held: &Held, change: impl FnOnce(&mut Record)) -> Fence {
        self.writes += 1;
        match self.records.get_mut(&held.id) {
            Some(record) if record.state == State::Running && record.token == held.token => {
                change(record);
                Fence::Applied
            }
            found => Fence::Refused(found.cloned()),
        }
    }
}

impl ClaimRequest {
    /// The record that this claim writes.
    fn record(&self, token: u64, tries_spent: u32) -> Record {
        Record {
            state: State::Running,
            token,
            tries_spent,
            generation: self.generation,
            lease: self.lease,
            owner: self.owner,
            exceptions: 0,
            last_error: None,
            reopened: None,
            expires: self.expires,
        }
    }
}

impl Ledger for MemoryLedger {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            let Some(found) = tables.records.get(&request.id).cloned() else {
                let record = request.record(1, 1);
                return Ok(tables.grant(request, record));
            };
            let free = found.state == State::Pending
                || (found.state == State::Running && found.lease < request.now);
            if found.generation != request.generation || !free {
                return Ok(ClaimReply::Refused(Some(found)));
            }
            let record = Record {
                exceptions: found.exceptions,
                last_error: found.last_error,
                reopened: found.reopened,
                ..request.record(found.token + 1, found.tries_spent + 1)
            };
            Ok(tables.grant(request, record))
        })
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            let found = tables.records.get(&request.id).cloned();
            let unchanged = found.as_ref().is_some_and(|found| {
                found.state == seen.state
                    && found.token == seen.token
                    && found.expires == seen.expires
            });
            if !unchanged {
                return Ok(ClaimReply::Refused(found));
            }
            let mut record = request.record(seen.token + 1, 1);
            record.reopened = (why == Replace::Reopened).then_some(request.now);
            Ok(tables.grant(request, record))
        })
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move { Ok(self.tables().fenced(held, |record| record.lease = lease)) })
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            let fence = tables.fenced(held, |record| {
                record.state = if end.dropped {
                    State::Cancelled
                } else {
                    State::Done
                };
                record.expires = end.expires;
            });
            if fence == Fence::Applied {
                tables.writes += tables.laravel.close(end, None);
            }
            Ok(fence)
        })
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            Ok(self.tables().fenced(held, |record| {
                record.state = State::Pending;
                record.tries_spent = release.tries_spent;
                record.exceptions = release.exceptions;
                if let Some(error) = &release.error {
                    record.last_error = Some(error.clone());
                }
            }))
        })
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            let fence = tables.fenced(held, |record| {
                record.state = State::Failed;
                record.expires = end.expires;
                record.last_error.clone_from(&end.error);
            });
            if fence == Fence::Applied {
                tables.writes += 1 + tables.laravel.close(end, Some(&held.id));
                tables.failed.insert(row.id.clone(), row.clone());
            }
            Ok(fence)
        })
    }

    fn bury<'a>(&'a self, row: &'a FailedJob) -> BoxFuture<'a, Result<(), LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            tables.failed.insert(row.id.clone(), row.clone());
            Ok(())
        })
    }
}
