//! What the engine needs from the world.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) mod batches;
pub(crate) mod cache;
pub(crate) mod clock;
pub(crate) mod executor;
pub(crate) mod ledger;
pub(crate) mod payloads;
pub(crate) mod queue;
pub(crate) mod random;
pub(crate) mod routes;
pub(crate) mod store;

/// A future a port answers with.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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
    pub laravel: Arc<crate::Laravel>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ports").finish_non_exhaustive()
    }
}
