//! What goes wrong in the stores beside the ledger.

use std::error::Error as StdError;

/// A store could not be asked, or its answer was lost.
#[derive(Debug, thiserror::Error)]
#[error("{action} `{subject}`")]
pub struct StoreError {
    /// What was being done: `reading batch`, ….
    pub action: &'static str,
    /// Of what.
    pub subject: String,
    /// Whether trying again can help.
    pub retryable: bool,
    /// Why.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

/// An error that may pass.
pub(crate) trait Passing: Sized {
    /// Whether trying again can help.
    fn is_retryable(&self) -> bool;

    /// The error of a call that was not answered in time.
    fn silent(subject: &str) -> Self;
}

pub(crate) const SILENT: &str = "the time was over before it was answered";

impl Passing for StoreError {
    fn is_retryable(&self) -> bool {
        self.retryable
    }

    fn silent(subject: &str) -> Self {
        Self {
            action: "reaching the store of",
            subject: subject.to_owned(),
            retryable: true,
            source: SILENT.into(),
        }
    }
}
