//! What the engine needs from the world.

use std::future::Future;
use std::pin::Pin;

pub(crate) mod application;
pub(crate) mod batches;
pub(crate) mod cache;
pub(crate) mod clock;
pub(crate) mod courier;
pub(crate) mod executor;
pub(crate) mod ledger;
pub(crate) mod pauses;
pub(crate) mod payloads;
pub(crate) mod ports;
pub(crate) mod queue;
pub(crate) mod random;
pub(crate) mod routes;
pub(crate) mod store;

/// A future a port answers with.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
