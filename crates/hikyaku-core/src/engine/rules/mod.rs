//! Decisions, as functions of what is known: no port but chance.

pub(crate) mod decide;
pub(crate) mod judge;
pub(crate) mod plan;
