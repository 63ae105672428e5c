//! The keys of a message, in Laravel's order. Those that no Laravel has are left out where they say nothing.

use serde::Serialize;

use super::Options;

/// A name and plain JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StringBody<'a, T> {
    pub(super) uuid: &'a str,
    pub(super) display_name: &'a str,
    pub(super) job: &'a str,
    #[serde(flatten)]
    pub(super) wishes: Wishes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_until: Option<i64>,
    pub(super) data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hikyaku: Option<Ours>,
}

/// A serialized PHP object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectBody<'a> {
    pub(crate) uuid: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) job: &'static str,
    #[serde(flatten)]
    pub(crate) wishes: Wishes,
    pub(crate) retry_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delete_when_missing_models: Option<bool>,
    pub(crate) data: ObjectData<'a>,
    /// Since Laravel 12.11.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hikyaku: Option<Ours>,
}

/// `data` of an object job.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectData<'a> {
    pub(crate) command_name: &'a str,
    pub(crate) command: &'a str,
    #[serde(skip_serializing_if = "BatchId::is_unsaid")]
    pub(crate) batch_id: BatchId<'a>,
}

/// `data.batchId`, since Laravel 12.51.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum BatchId<'a> {
    /// As before: the key is not there.
    Unsaid,
    /// The batch; null for a job without one.
    Said(Option<&'a str>),
}

impl BatchId<'_> {
    fn is_unsaid(&self) -> bool {
        matches!(self, Self::Unsaid)
    }
}

/// The options that every message states, null where nothing is asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wishes {
    max_tries: Option<u32>,
    max_exceptions: Option<u32>,
    fail_on_timeout: bool,
    backoff: Option<String>,
    timeout: Option<u32>,
}

/// What we add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Ours {
    hops: u32,
}

impl Ours {
    /// What is said of the `hops`th message in a row; nothing of the first.
    pub(crate) fn after(hops: u32) -> Option<Self> {
        (hops > 0).then_some(Self { hops })
    }
}

impl From<&Options> for Wishes {
    fn from(options: &Options) -> Self {
        Self {
            max_tries: options.tries,
            max_exceptions: options.max_exceptions,
            fail_on_timeout: options.fail_on_timeout,
            backoff: options.waits(),
            timeout: options.timeout,
        }
    }
}
