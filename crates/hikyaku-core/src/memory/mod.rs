//! A ledger in memory, Laravel's tables beside it, and routes.

mod laravel;
mod ledger;
mod routes;

pub use ledger::{MemoryLedger, Notes};
pub use routes::MemoryRoutes;
