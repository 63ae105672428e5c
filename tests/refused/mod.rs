//! What becomes of each call to AWS that is not answered as hoped: refused, throttled, broken off, or answered with what
//! nobody can read. Every call has its test here; what an error is told with, and whether it is worth another try, is
//! what the engine decides by.

mod laravel;
mod ledger;
mod service;
mod sqs;
mod transaction;
