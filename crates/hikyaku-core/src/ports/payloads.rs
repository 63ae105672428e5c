//! Bodies that are too long for their message.

use hikyaku_laravel::overflow::Pointer;

use super::BoxFuture;
use super::clock::Timestamp;
use super::store::StoreError;

/// Where the bodies are that a message only points to.
pub trait Payloads: Send + Sync + 'static {
    /// The body that a pointer leads to. An error that is not retryable says why there is none: it has expired, or
    /// nobody was told where to look.
    fn fetch<'a>(
        &'a self,
        pointer: &'a Pointer,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<String, StoreError>>;
}
