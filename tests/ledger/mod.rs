//! One contract for every ledger: the one in memory and the one on DynamoDB are held to the same behaviour.

mod contract;
pub(crate) mod dynamodb;
mod memory;
mod random;
