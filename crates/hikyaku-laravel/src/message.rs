//! Messages that we send: string jobs, which every Laravel and hikyaku itself understand.
//!
//! Source of the keys and their order: `Illuminate\Queue\Queue::createStringPayload`.

use serde::Serialize;

/// A job that is a name and plain JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StringJob<'a> {
    uuid: String,
    display_name: &'a str,
    job: &'a str,
    max_tries: Option<u32>,
    max_exceptions: Option<u32>,
    fail_on_timeout: bool,
    backoff: Option<String>,
    timeout: Option<u64>,
    retry_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hikyaku: Option<Ours>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Ours {
    hops: u32,
}

#[derive(Serialize)]
struct WithData<'a, T> {
    #[serde(flatten)]
    job: &'a StringJob<'a>,
    data: &'a T,
}

impl<'a> StringJob<'a> {
    /// A job of this name: what Laravel calls (`Class@method`), or the name that a job of ours is registered under.
    pub fn new(job: &'a str) -> Self {
        Self {
            uuid: String::new(),
            display_name: crate::envelope::name_of(job),
            job,
            max_tries: None,
            max_exceptions: None,
            fail_on_timeout: false,
            backoff: None,
            timeout: None,
            retry_until: None,
            created_at: None,
            hikyaku: None,
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
        self.max_tries = Some(tries);
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
        self.hikyaku = (hops > 0).then_some(Ours { hops });
        self
    }

    /// The message body with this payload. An error is the payload's own `Serialize`, or a map whose keys JSON cannot
    /// hold.
    pub fn body<T: Serialize>(&self, data: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(&WithData { job: self, data })
    }
}
