//! String jobs: a name and plain JSON, which every Laravel and hikyaku itself understand.

use serde::Serialize;

use super::Options;
use super::body::{Ours, StringBody};

/// A job that is a name and plain JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringJob<'a> {
    job: &'a str,
    uuid: String,
    options: Options,
    created_at: Option<i64>,
    hops: u32,
}

impl<'a> StringJob<'a> {
    /// A job of this name: what Laravel calls (`Class@method`), or the name that a job of ours is registered under.
    pub fn new(job: &'a str) -> Self {
        Self {
            job,
            uuid: String::new(),
            options: Options::default(),
            created_at: None,
            hops: 0,
        }
    }

    /// Under this identity. A job without one is known by its message's id.
    #[must_use]
    pub fn with_uuid(mut self, uuid: String) -> Self {
        self.uuid = uuid;
        self
    }

    /// Started at most so often; 0 is without limit.
    #[must_use]
    pub fn with_tries(mut self, tries: u32) -> Self {
        self.options.tries = Some(tries);
        self
    }

    /// To be run like this.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Dispatched at this time, in Unix seconds.
    #[must_use]
    pub fn with_created_at(mut self, seconds: i64) -> Self {
        self.created_at = Some(seconds);
        self
    }

    /// As the `hops`th message in a row that jobs sent on.
    #[must_use]
    pub fn with_hops(mut self, hops: u32) -> Self {
        self.hops = hops;
        self
    }

    /// The message body with this payload. An error is the payload's own `Serialize`, or a map whose keys JSON cannot
    /// hold.
    pub fn body<T: Serialize>(&self, data: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(&StringBody {
            uuid: &self.uuid,
            display_name: crate::envelope::name_of(self.job),
            job: self.job,
            wishes: (&self.options).into(),
            retry_until: self.options.retry_until,
            data,
            created_at: self.created_at,
            hikyaku: Ours::after(self.hops),
        })
    }
}
