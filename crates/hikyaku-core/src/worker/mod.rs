//! The worker: a message's whole way, alone and in the batch that it came in.

pub(crate) mod batch;
pub(crate) mod begin;
pub(crate) mod dead_letter;
pub(crate) mod shadow;
pub(crate) mod turn;
pub(crate) mod worker;
