//! Batches: up to ten entries, each with a result of its own.

use std::collections::HashSet;

use super::error::SqsError;
use super::limits::BATCH_ENTRIES;

/// The results of a batch, each under its entry's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOutcome<T> {
    /// What was done.
    pub successful: Vec<(String, T)>,
    /// What was not.
    pub failed: Vec<BatchFailure>,
}

/// An entry of a batch that failed on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFailure {
    /// The entry's id.
    pub id: String,
    /// Why.
    pub error: SqsError,
}

/// Runs a batch of `what` (the entry's name in the API), after checking what concerns the batch as a whole.
pub(crate) fn run<E, T>(
    what: &'static str,
    entries: Vec<(String, E)>,
    mut run_one: impl FnMut(E) -> Result<T, SqsError>,
) -> Result<BatchOutcome<T>, SqsError> {
    check(what, &entries)?;
    let mut outcome = BatchOutcome {
        successful: Vec::with_capacity(entries.len()),
        failed: Vec::new(),
    };
    for (id, entry) in entries {
        match run_one(entry) {
            Ok(result) => outcome.successful.push((id, result)),
            Err(error) => outcome.failed.push(BatchFailure { id, error }),
        }
    }
    Ok(outcome)
}

/// Checks the number of entries and their ids.
pub(crate) fn check<E>(what: &'static str, entries: &[(String, E)]) -> Result<(), SqsError> {
    if entries.is_empty() {
        return Err(SqsError::EmptyBatchRequest(what));
    }
    if entries.len() > BATCH_ENTRIES {
        return Err(SqsError::TooManyEntriesInBatchRequest(entries.len()));
    }
    let mut seen = HashSet::new();
    for (id, _) in entries {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=80).contains(&id.len()) || !id.bytes().all(allowed) {
            return Err(SqsError::InvalidBatchEntryId);
        }
        if !seen.insert(id) {
            return Err(SqsError::BatchEntryIdsNotDistinct(id.clone()));
        }
    }
    Ok(())
}
