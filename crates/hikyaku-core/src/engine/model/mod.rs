//! What one stage hands to the next.

pub(crate) mod claim;
pub(crate) mod claimed;
pub(crate) mod decoded;
pub(crate) mod ended;
pub(crate) mod failure;
pub(crate) mod plan;
pub(crate) mod settled;
pub(crate) mod stop;
pub(crate) mod way;
