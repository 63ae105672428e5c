//! Event source mappings: from a queue to invocations.
//!
//! As strict as Lambda's own pollers for SQS (AWS, "Using Lambda with Amazon SQS" and the pages below it): batches are
//! bounded by number, time and size; a batch that fails comes back as a whole; partial failures count only if they are
//! reported to the letter; concurrency grows slowly and shrinks on errors; a message that loops is taken out.

mod batch;
mod collector;
mod pace;
mod poller;
mod record;
mod response;
mod switches;

pub use poller::{Poller, Source};
pub use response::{BadResponse, partial_failures};
pub(crate) use switches::{Switch, Switches, routes};

#[cfg(test)]
mod tests;
