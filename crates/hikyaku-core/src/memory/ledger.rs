//! A ledger in memory, held to the same behaviour as the one on DynamoDB by one contract suite.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::ledger::{
    Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Grant, Held, Ledger, LedgerError,
    Place, Record, Release, Replace, State,
};
use crate::{BoxFuture, Commit, Timestamp};

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
    notes: Vec<(String, String)>,
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

    /// What jobs committed, in order.
    pub fn notes(&self) -> Vec<(String, String)> {
        self.tables().notes.clone()
    }

    /// How many item writes were made, refused ones included: what DynamoDB would charge for.
    pub fn writes(&self) -> u64 {
        self.tables().writes
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const TAKEN: &str = "a row of another job has its id";

/// What an item of DynamoDB's holds, in bytes (Amazon DynamoDB developer guide, "Service, account, and table quotas").
const LARGEST_ITEM: usize = 400 * 1024;

/// What of a row's payload and exception counts: on DynamoDB the rest is kept elsewhere, or cut.
const LARGEST_TEXTS: usize = (300 + 32) * 1024;

/// What its partition key holds (the same page), less the letters that the ledger puts before an id.
const LONGEST_KEY: usize = 2048 - 2;

/// Refuses an item that DynamoDB would not take, however often it is tried.
fn fits(operation: &'static str, id: &str, size: usize) -> Result<(), LedgerError> {
    let source = match () {
        () if id.len() > LONGEST_KEY => "Size of hashkey has exceeded the maximum size limit",
        () if size > LARGEST_ITEM => "Item size has exceeded the maximum allowed size",
        () => return Ok(()),
    };
    Err(LedgerError {
        operation,
        id: id.to_owned(),
        retryable: false,
        source: source.into(),
    })
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

/// The texts of a record: its numbers are nothing beside them.
fn size_of_record(id: &str, record: &Record) -> usize {
    let texts = [&record.job, &record.checkpoint, &record.last_error];
    id.len()
        + texts
            .map(|text| length(text.as_ref()))
            .iter()
            .sum::<usize>()
}

fn size_of_row(row: &FailedJob) -> usize {
    let names = row.id.len() + row.job.len() + row.queue.len();
    let texts = row.payload.len() + row.exception.len();
    names + length(row.group.as_ref()) + length(row.trace.as_ref()) + texts.min(LARGEST_TEXTS)
}

/// A job's own writes, for this ledger: notes that are only made where there is none of the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notes(pub Vec<(String, String)>);

impl Tables {
    /// The name of a note that is there already.
    fn taken<'n>(&self, notes: &'n Notes) -> Option<&'n str> {
        let mut names = notes.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| self.notes.iter().any(|(taken, _)| taken == name))
    }

    fn grant(&mut self, request: &ClaimRequest, record: Record) -> Result<ClaimReply, LedgerError> {
        fits("claim", &request.id, size_of_record(&request.id, &record))?;
        let grant = Grant::from(&record);
        self.records.insert(request.id.clone(), record);
        Ok(ClaimReply::Granted(grant))
    }

    fn runs(&self, held: &Held) -> bool {
        let record = self.records.get(&held.id);
        record.is_some_and(|record| record.state == State::Running && record.token == held.token)
    }

    /// What stands where a row is to be written. `Written`: nothing.
    fn standing(&self, row: &FailedJob) -> Buried {
        match self.failed.get(&row.id) {
            None => Buried::Written,
            Some(found) if found.job == row.job => Buried::There,
            Some(_) => Buried::Taken,
        }
    }

    /// Changes a record that runs with this token.
    fn fenced(
        &mut self,
        operation: &'static str,
        held: &Held,
        change: impl FnOnce(&mut Record),
    ) -> Result<Fence, LedgerError> {
        self.writes += 1;
        match self.records.get_mut(&held.id) {
            Some(record) if record.state == State::Running && record.token == held.token => {
                let mut changed = record.clone();
                change(&mut changed);
                fits(operation, &held.id, size_of_record(&held.id, &changed))?;
                *record = changed;
                Ok(Fence::Applied)
            }
            found => Ok(Fence::Refused(found.cloned())),
        }
    }
}

impl ClaimRequest {
    /// When this claim opens its generation again, if it does.
    fn opened(&self) -> Option<Timestamp> {
        (self.generation > 0).then_some(self.now)
    }

    /// The record that this claim writes.
    fn record(&self, token: u64, tries_spent: u32) -> Record {
        Record {
            state: State::Running,
            token,
            tries_spent,
            generation: self.generation,
            lease: self.lease,
            owner: self.owner,
            alone: self.alone,
            checkpoint: None,
            exceptions: 0,
            last_error: None,
            reopened: self.opened(),
            not_before: None,
            expires: self.expires,
            job: Some(self.job.clone()),
            side: self.side,
            side_before: None,
        }
    }
}

impl ClaimRequest {
    /// The record that this claim writes over one of the same generation.
    fn after(&self, found: Record, tries_spent: u32) -> Record {
        Record {
            exceptions: found.exceptions,
            last_error: found.last_error,
            checkpoint: found.checkpoint,
            reopened: found.reopened.or(self.opened()),
            side: self.side.or(found.side),
            side_before: found.side_before,
            ..self.record(found.token + 1, tries_spent)
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
                return tables.grant(request, record);
            };
            let other_name = found.other_name(&request.job).is_some();
            let other_side = request.side.zip(found.side).is_some_and(|(a, b)| a != b);
            let waits = found.not_before.is_some_and(|moment| moment > request.due);
            let is_free = found.generation == request.generation && found.state == State::Pending;
            if !is_free || waits || other_side || other_name {
                return Ok(ClaimReply::Refused(Some(found)));
            }
            let spent = found.tries_spent + 1;
            let record = request.after(found, spent);
            tables.grant(request, record)
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
                let over = found.state != State::Running || found.lease < request.now;
                over && found.state == seen.state
                    && found.token == seen.token
                    && found.expires == seen.expires
            });
            if !unchanged {
                return Ok(ClaimReply::Refused(found));
            }
            let record = match (why, found) {
                (Replace::Crashed, Some(found)) => {
                    let spent = seen.tries_spent + u32::from(seen.alone);
                    request.after(found, spent)
                }
                (Replace::Reopened, Some(found)) => Record {
                    checkpoint: found.checkpoint,
                    side_before: found.side,
                    ..request.record(seen.token + 1, 1)
                },
                _ => request.record(seen.token + 1, 1),
            };
            tables.grant(request, record)
        })
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            self.tables().fenced("checkpoint", held, |record| {
                record.checkpoint = Some(checkpoint.to_owned());
            })
        })
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            self.tables()
                .fenced("heartbeat", held, |record| record.lease = lease)
        })
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            let own = end.commit.as_ref().and_then(Commit::of::<Notes>);
            if let Some(taken) = own.and_then(|own| tables.taken(own))
                && tables.runs(held)
            {
                return Ok(Fence::Declined(format!("`{taken}` is there already")));
            }
            let fence = tables.fenced("completion", held, |record| {
                record.state = if end.dropped {
                    State::Cancelled
                } else {
                    State::Done
                };
                record.expires = end.expires;
                record.checkpoint = None;
            })?;
            if fence == Fence::Applied {
                tables.writes += tables.laravel.close(end, None);
                let own = own.map(|own| own.0.clone()).unwrap_or_default();
                tables.notes.extend(own);
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
            self.tables().fenced("release", held, |record| {
                record.state = State::Pending;
                record.tries_spent = release.tries_spent;
                record.exceptions = release.exceptions;
                record.not_before = release.not_before;
                record.expires = release.expires.unwrap_or(record.expires);
                if let Some(error) = &release.error {
                    record.last_error = Some(error.clone());
                }
            })
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
            if tables.runs(held) && tables.standing(row) == Buried::Taken {
                tables.writes += 1;
                return Ok(Fence::Declined(TAKEN.to_owned()));
            }
            fits("failure", &row.id, size_of_row(row))?;
            let fence = tables.fenced("failure", held, |record| {
                record.state = State::Failed;
                record.expires = end.expires;
                record.last_error.clone_from(&end.error);
            })?;
            if fence == Fence::Applied {
                tables.writes += 1 + tables.laravel.close(end, Some(&held.id));
                tables.failed.insert(row.id.clone(), row.clone());
            }
            Ok(fence)
        })
    }

    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>> {
        Box::pin(async move {
            let mut tables = self.tables();
            tables.writes += 1;
            let standing = tables.standing(row);
            let is_free = match place {
                Place::OfItsJob => standing != Buried::Taken,
                Place::Empty => standing == Buried::Written,
            };
            if !is_free {
                return Ok(standing);
            }
            fits("burial", &row.id, size_of_row(row))?;
            tables.failed.insert(row.id.clone(), row.clone());
            Ok(Buried::Written)
        })
    }
}
