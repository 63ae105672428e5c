//! How a message asks to be run: what wins over the constants of a Rust job and the properties of a PHP class.

/// What a message says of its own run. By default nothing: then the job's class or the worker decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `maxTries`: how often it may be tried; 0 is without limit.
    pub tries: Option<u32>,
    /// `maxExceptions`: how many exceptions make it fail, however many tries are left.
    pub max_exceptions: Option<u32>,
    /// `failOnTimeout`: a timeout is final.
    pub fail_on_timeout: bool,
    /// `backoff`: seconds before the second attempt, the third, …; the last repeats. An empty list is no wait.
    pub backoff: Option<Vec<u32>>,
    /// `timeout`: seconds an attempt may take.
    pub timeout: Option<u32>,
    /// `retryUntil`: Unix time in seconds until which it is tried, instead of `tries`.
    pub retry_until: Option<i64>,
}

impl Options {
    /// The waits as Laravel writes them: always a string, `"1,5,10"`.
    pub(crate) fn waits(&self) -> Option<String> {
        let waits: Vec<_> = self.backoff.as_ref()?.iter().map(u32::to_string).collect();
        Some(waits.join(","))
    }
}
