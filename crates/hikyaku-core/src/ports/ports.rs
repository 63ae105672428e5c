//! All ports together.

use std::sync::Arc;

use super::{clock, executor, ledger, queue, random};
use crate::ports::application::Laravel;

/// The five ports together, and what of a Laravel application is within reach.
#[derive(Clone)]
pub struct Ports {
    /// Who claimed a job and what became of it.
    pub ledger: Arc<dyn ledger::Ledger>,
    /// Where the messages came from.
    pub queue: Arc<dyn queue::Queue>,
    /// The time, and being woken at one.
    pub clock: Arc<dyn clock::Clock>,
    /// Nonces and jitter.
    pub random: Arc<dyn random::Random>,
    /// Where jobs run, apart from the engine.
    pub executor: Arc<dyn executor::Executor>,
    /// The application that sends the jobs.
    pub laravel: Arc<Laravel>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ports").finish_non_exhaustive()
    }
}
