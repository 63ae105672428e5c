//! What a job's author sees, and what a worker knows of jobs.

pub(crate) mod attempt_route;
pub(crate) mod checkpoint;
pub(crate) mod commit;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod guarantee;
pub(crate) mod job;
pub(crate) mod lane;
pub(crate) mod policy;
pub(crate) mod prepared;
pub(crate) mod registry;
pub(crate) mod state;
pub(crate) mod tasks;
