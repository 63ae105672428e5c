//! The worker: a message's whole way, alone and in the batch that it came in.

pub(crate) mod batch;
pub(crate) mod dead_letter;
pub(crate) mod process;
pub(crate) mod shadow;
pub(crate) mod worker;
