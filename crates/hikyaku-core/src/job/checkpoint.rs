//! Checkpoint: what a long job saves of its progress, so that another attempt goes on from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::pauses::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::{Clock, Fence, Held, Ledger, LedgerError, Pauses, Random, Timestamp};

/// The longest checkpoint, in bytes of JSON. It is part of the job's item, which holds 400 KB, and every write of that item
/// is charged by its size: one unit per KB (Amazon DynamoDB developer guide, "Read and write operations").
pub const LONGEST_CHECKPOINT: usize = 64 * 1024;

/// A checkpoint cannot be saved or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The job's type keeps no ledger.
    #[error(
        "saving a checkpoint of job `{id}`: a job that is run AtLeastOnce keeps no ledger to save it in"
    )]
    NoLedger {
        /// The job.
        id: String,
    },
    /// It is too long.
    #[error(
        "saving a checkpoint of job `{id}`: it has {length} bytes, and at most {LONGEST_CHECKPOINT} are kept; save where the rest is"
    )]
    TooLong {
        /// The job.
        id: String,
        /// Its bytes.
        length: usize,
    },
    /// It cannot be written as JSON, or what is there does not fit the type.
    #[error("a checkpoint of job `{id}` does not fit its type")]
    Json {
        /// The job.
        id: String,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// Another attempt has taken the job over: this one should end.
    #[error("saving a checkpoint of job `{id}`: another attempt has taken it over")]
    Fenced {
        /// The job.
        id: String,
    },
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Where the checkpoints of an attempt go.
pub(crate) enum Place {
    /// Into the record of this claim.
    Ledger(Held),
    /// To nobody: the attempt only looks as if it saved.
    Shadow,
    /// There is no record.
    Nowhere,
}

/// The checkpoint of one attempt: what was there, and the way to save another.
pub(crate) struct Checkpoint {
    pub(crate) id: String,
    pub(crate) place: Place,
    pub(crate) found: Option<String>,
    pub(crate) saved: AtomicBool,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) random: Arc<dyn Random>,
}

impl Checkpoint {
    /// Whether this attempt has saved anything.
    pub(crate) fn was_saved(&self) -> bool {
        self.saved.load(Ordering::Relaxed)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, CheckpointError> {
        let read = |text: &String| serde_json::from_str(text);
        let read = self.found.as_ref().map(read).transpose();
        read.map_err(|source| CheckpointError::Json {
            id: self.id.clone(),
            source,
        })
    }

    pub(crate) async fn save<T: Serialize>(
        &self,
        state: &T,
        clock: &dyn Clock,
        deadline: Timestamp,
    ) -> Result<(), CheckpointError> {
        let id = || self.id.clone();
        if matches!(self.place, Place::Nowhere) {
            return Err(CheckpointError::NoLedger { id: id() });
        }
        let text = serde_json::to_string(state);
        let text = text.map_err(|source| CheckpointError::Json { id: id(), source })?;
        let length = text.len();
        if length > LONGEST_CHECKPOINT {
            return Err(CheckpointError::TooLong { id: id(), length });
        }
        let Place::Ledger(held) = &self.place else {
            self.saved.store(true, Ordering::Relaxed);
            return Ok(());
        };
        let mut pauses = Pauses::new(&*self.random, FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let pause = pauses.next();
            match self.ledger.save(held, &text).await {
                Ok(Fence::Applied) => {
                    self.saved.store(true, Ordering::Relaxed);
                    return Ok(());
                }
                Ok(_) => return Err(CheckpointError::Fenced { id: id() }),
                Err(error) if error.retryable && clock.now() + pause < deadline => {
                    clock.sleep_until(clock.now() + pause).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
