//! Stages: how far a delivery came, and when.

use std::time::Duration;

use crate::Timestamp;

/// When each stage of a delivery's way was over, by the engine's clock. None: it did not come that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stages {
    /// Its turn came.
    pub began: Option<Timestamp>,
    /// Its body was read, and its job found.
    pub decoded: Option<Timestamp>,
    /// The job was claimed and let in.
    pub claimed: Option<Timestamp>,
    /// The job's own code came to its end, or was stopped.
    pub ran: Option<Timestamp>,
    /// What became of it was recorded.
    pub settled: Option<Timestamp>,
}

impl Stages {
    /// How long the job's own code ran.
    pub(crate) fn running(&self) -> Duration {
        match (self.claimed, self.ran) {
            (Some(claimed), Some(ran)) => claimed.until(ran),
            _ => Duration::ZERO,
        }
    }
}
