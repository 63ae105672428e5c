//! Laravel's batches: what a row of `job_batches` says beyond its counters.
//!
//! Sources: `Illuminate\Bus\Batch` and `DynamoBatchRepository` (since Laravel 10.36). The counters are changed by the
//! engine; here is which of the batch's PHP callbacks are due when they have changed.

use crate::php::{self, Limits, ReadError, Value};

/// One of the callbacks that a batch may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Callback {
    /// `progress`: after each job that succeeded (since Laravel 10.37), or failed where failures are allowed.
    Progress,
    /// `then`: all jobs have succeeded.
    Then,
    /// `catch`: the first job has failed.
    Catch,
    /// `failure`: a job has failed in a batch that allows failures (since Laravel 12.32).
    Failure,
    /// `finally`: all jobs have ended.
    Finally,
}

impl Callback {
    const ALL: [Self; 5] = [
        Self::Progress,
        Self::Then,
        Self::Catch,
        Self::Failure,
        Self::Finally,
    ];

    /// Its key in the batch's options.
    pub fn key(self) -> &'static str {
        match self {
            Self::Progress => "progress",
            Self::Then => "then",
            Self::Catch => "catch",
            Self::Failure => "failure",
            Self::Finally => "finally",
        }
    }
}

/// The options that a batch was dispatched with, as far as a worker needs them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOptions {
    /// Whether the batch goes on when a job fails.
    pub allow_failures: bool,
    callbacks: Vec<Callback>,
}

impl BatchOptions {
    /// Options that have these callbacks.
    pub fn new(allow_failures: bool, callbacks: impl IntoIterator<Item = Callback>) -> Self {
        Self {
            allow_failures,
            callbacks: callbacks.into_iter().collect(),
        }
    }

    /// Reads the attribute `options`: a serialized array.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let document = php::parse(text.as_bytes(), &Limits::default())?;
        let options = document.root();
        let filled = |name| options.get(name).is_some_and(is_filled);
        Ok(Self {
            allow_failures: matches!(
                options.get("allowFailures").map(Value::view),
                Some(php::View::Bool(true))
            ),
            callbacks: Callback::ALL
                .into_iter()
                .filter(|callback| filled(callback.key()))
                .collect(),
        })
    }

    /// Whether the batch has any callback.
    pub fn has_callbacks(&self) -> bool {
        !self.callbacks.is_empty()
    }

    fn those(&self, due: &[(Callback, bool)]) -> Vec<Callback> {
        due.iter()
            .filter(|(callback, due)| *due && self.callbacks.contains(callback))
            .map(|(callback, _)| *callback)
            .collect()
    }

    /// The callbacks that are due after a job has succeeded, in Laravel's order.
    pub fn after_success(&self, counts: Counts) -> Vec<Callback> {
        self.those(&[
            (Callback::Progress, true),
            (Callback::Then, counts.pending == 0),
            (Callback::Finally, counts.all_ran_once()),
        ])
    }

    /// The callbacks that are due after a job has failed, in Laravel's order. `first`: no job of the batch failed
    /// before it.
    pub fn after_failure(&self, counts: Counts, first: bool) -> Vec<Callback> {
        self.those(&[
            (Callback::Progress, self.allow_failures),
            (Callback::Catch, first),
            (Callback::Failure, self.allow_failures),
            (Callback::Finally, counts.all_ran_once()),
        ])
    }
}

/// The counters of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// `pending_jobs`: those that have not succeeded.
    pub pending: i64,
    /// `failed_jobs`: how often a job failed for good.
    pub failed: i64,
}

impl Counts {
    /// Laravel's `allJobsHaveRanExactlyOnce`.
    fn all_ran_once(self) -> bool {
        self.pending == self.failed
    }
}

fn is_filled(value: Value<'_>) -> bool {
    match value.view() {
        php::View::Array => value.entries().len() > 0,
        php::View::Null | php::View::Bool(false) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: fn(i64, i64) -> Counts = |pending, failed| Counts { pending, failed };

    #[test]
    fn options_are_read_as_laravel_writes_them() {
        let text = r#"a:4:{s:13:"allowFailures";b:1;s:5:"queue";s:6:"batchq";s:4:"then";a:1:{i:0;O:3:"Foo":0:{}}s:7:"finally";a:0:{}}"#;
        assert_eq!(
            BatchOptions::read(text).unwrap(),
            BatchOptions::new(true, [Callback::Then])
        );
        assert_eq!(
            BatchOptions::read("a:0:{}").unwrap(),
            BatchOptions::default()
        );
        assert!(BatchOptions::read("a:1:{").is_err());
    }

    #[test]
    fn the_last_success_is_followed_by_then_and_finally_in_this_order() {
        let options = BatchOptions::new(false, [Callback::Finally, Callback::Then]);
        assert_eq!(options.after_success(COUNTS(1, 0)), []);
        assert_eq!(
            options.after_success(COUNTS(0, 0)),
            [Callback::Then, Callback::Finally]
        );
    }

    #[test]
    fn finally_is_due_when_all_have_ended_and_not_again_when_a_failed_one_succeeds_later() {
        let options = BatchOptions::new(true, [Callback::Finally, Callback::Then]);
        assert_eq!(options.after_success(COUNTS(1, 1)), [Callback::Finally]);
        assert_eq!(options.after_success(COUNTS(0, 1)), [Callback::Then]);
    }

    #[test]
    fn catch_is_for_the_first_failure_and_failure_for_each_that_is_allowed() {
        let options = BatchOptions::new(true, [Callback::Catch, Callback::Failure]);
        assert_eq!(
            options.after_failure(COUNTS(3, 1), true),
            [Callback::Catch, Callback::Failure]
        );
        assert_eq!(
            options.after_failure(COUNTS(3, 2), false),
            [Callback::Failure]
        );
        let strict = BatchOptions::new(false, [Callback::Failure, Callback::Progress]);
        assert_eq!(strict.after_failure(COUNTS(3, 1), true), []);
    }
}
