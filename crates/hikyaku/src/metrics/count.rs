//! Counts what the ledger is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hikyaku_core::{
    BoxFuture, Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Held, Ledger, LedgerError,
    Place, Record, Release, Replace, Timestamp,
};

use crate::ledger::LONGEST_PAYLOAD;

/// What was asked for one job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    /// Requests, without those that the SDK repeats by itself.
    pub(crate) requests: u64,
    /// Write units, taken from what is written: one per KB, twice as many in a transaction.
    pub(crate) units: u64,
}

/// A ledger in front of the ledger.
pub(crate) struct CountingLedger {
    inner: Arc<dyn Ledger>,
    by_job: Mutex<HashMap<String, Requests>>,
}

/// An item is charged by the KB that has begun (Amazon DynamoDB developer guide, "DynamoDB on-demand capacity mode").
const UNIT_BYTES: usize = 1024;

impl CountingLedger {
    pub(crate) fn new(inner: Arc<dyn Ledger>) -> Self {
        Self {
            inner,
            by_job: Mutex::default(),
        }
    }

    /// What was asked since the last time, by the job's id.
    pub(crate) fn take(&self) -> HashMap<String, Requests> {
        std::mem::take(&mut *self.by_job.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, id: &str, units: u64) {
        let mut by_job = self.by_job.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = by_job.entry(id.to_owned()).or_default();
        counted.requests += 1;
        counted.units += units;
    }
}

fn units_of_text(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(UNIT_BYTES).max(1)).unwrap_or(u64::MAX)
}

fn units_of_row(row: &FailedJob) -> u64 {
    if is_in_pieces(row) {
        return units_of_text(row.exception.len());
    }
    let body = row.body.as_ref().map_or(0, String::len);
    units_of_text(row.payload.len() + row.exception.len() + body)
}

/// What of a row has no room in it is written beside the transaction.
fn units_of_pieces(row: &FailedJob) -> u64 {
    if is_in_pieces(row) {
        units_of_text(row.payload.len())
    } else {
        0
    }
}

fn is_in_pieces(row: &FailedJob) -> bool {
    row.payload.len() > LONGEST_PAYLOAD
}

/// The record's own write, and those that go with it in one transaction. How many writes a job adds is not seen from here.
fn units_of_end(end: &End) -> u64 {
    let others =
        end.unlock.len() + usize::from(end.batch.is_some()) + usize::from(end.commit.is_some());
    match u64::try_from(others) {
        Ok(0) | Err(_) => 1,
        Ok(others) => 2 * (1 + others),
    }
}

impl Ledger for CountingLedger {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        self.add(&request.id, 1);
        self.inner.claim(request)
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        self.add(&request.id, 1);
        self.inner.replace(request, seen, why)
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.add(&held.id, units_of_text(checkpoint.len()));
        self.inner.save(held, checkpoint)
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.add(&held.id, 1);
        self.inner.extend(held, lease)
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.add(&held.id, units_of_end(end));
        self.inner.complete(held, end)
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.add(&held.id, 1);
        self.inner.release(held, release)
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        self.add(
            &held.id,
            2 * (units_of_end(end).div_ceil(2) + units_of_row(row)) + units_of_pieces(row),
        );
        self.inner.fail(held, row, end)
    }

    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>> {
        self.add(&row.id, units_of_row(row) + units_of_pieces(row));
        self.inner.bury(row, place)
    }
}
