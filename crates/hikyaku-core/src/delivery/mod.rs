//! What goes in and what comes out: deliveries, their outcomes and their timings.

pub(crate) mod delivery;
pub(crate) mod outcome;
pub(crate) mod timings;
