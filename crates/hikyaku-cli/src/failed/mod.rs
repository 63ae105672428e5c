//! Failed jobs: what artisan's `queue:failed`, `queue:retry`, `queue:forget`, `queue:flush` and `queue:prune-failed` do.

mod forget;
mod list;
mod retry;
mod selection;
mod store;
mod verdict;

pub(crate) use forget::{Flush, Forget, PruneFailed};
pub(crate) use list::{Failed, to_json as row_to_json};
pub(crate) use retry::Retry;
pub(crate) use store::Row;
