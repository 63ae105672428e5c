//! One contract for every ledger, and for the tables of Laravel's beside it: those in memory and those on DynamoDB are
//! held to the same behaviour.

mod application;
pub(crate) mod batches;
mod contract;
pub(crate) mod dynamodb;
mod ends;
mod locks;
mod memory;
mod own;
mod random;
mod rows;
mod versions;

pub(crate) use contract::{DAY, LEASE, NOW, request, row};
