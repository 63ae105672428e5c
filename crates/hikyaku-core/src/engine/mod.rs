//! One invocation at work: its stages, their rules, and what they hand on.

pub(crate) mod engine;
pub(crate) mod keeper;
pub(crate) mod model;
pub(crate) mod reach;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod stages;
