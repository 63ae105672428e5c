//! A ledger in memory, and Laravel's tables beside it.

mod laravel;
mod ledger;

pub use ledger::{MemoryLedger, Notes};
