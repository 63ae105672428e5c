//! The ports in memory: for tests, and for jobs that are run without a ledger.

mod ledger;

pub use ledger::MemoryLedger;
