//! A payload that has become a job, ready to run.

use serde_json::value::RawValue;

use crate::{BoxFuture, Context, JobError};

/// A payload that has become a job, ready to run.
pub(crate) struct Prepared<S> {
    /// Its code.
    pub(crate) run: Run<S>,
    /// What its author says of it.
    pub(crate) declared: Declared,
}

pub(crate) type Run<S> = Box<
    dyn FnOnce(Context<S>) -> BoxFuture<'static, Result<Option<Box<RawValue>>, JobError>> + Send,
>;

/// What a job's author says of it that no message says.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) unique_id: Option<String>,
    pub(crate) debounce_id: Option<String>,
}
