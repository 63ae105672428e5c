//! What one stage hands to the next.

pub(crate) mod attempt;
pub(crate) mod claim;
pub(crate) mod decoded;
pub(crate) mod ended;
pub(crate) mod failure;
pub(crate) mod plan;
pub(crate) mod settled;
