//! One invocation at work: its stages, their rules, and what they hand on.

pub(crate) mod engine;
pub(crate) mod finish;
pub(crate) mod keeper;
pub(crate) mod model;
pub(crate) mod post;
pub(crate) mod reach;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod rules;
pub(crate) mod stages;
