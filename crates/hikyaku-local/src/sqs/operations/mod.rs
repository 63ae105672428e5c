//! The actions of the API with their inputs and outputs, whatever protocol they travel by.
//!
//! Field names are the ones of the SQS API Reference. An absent field is `None` here and checked by the action that needs it.

pub(crate) mod messages;
pub(crate) mod move_tasks;
pub(crate) mod queues;
pub(crate) mod receiving;
pub(crate) mod shapes;

use super::engine::Sqs;
use super::error::SqsError;
use super::names::QueueName;

/// What an action knows besides its input.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) sqs: Sqs,
    /// What queue URLs start with, such as `http://127.0.0.1:9324`.
    pub(crate) base_url: String,
}

impl Context {
    /// The URL by which this client knows a queue.
    pub(crate) fn url(&self, queue: &QueueName) -> String {
        self.sqs.identity().url(&self.base_url, queue)
    }

    /// The queue that a request means.
    pub(crate) fn queue(&self, url: Option<String>) -> Result<QueueName, SqsError> {
        self.sqs.queue_by_url(&required("QueueUrl", url)?)
    }
}

/// A parameter that the action needs.
pub(crate) fn required<T>(parameter: &'static str, value: Option<T>) -> Result<T, SqsError> {
    value.ok_or(SqsError::MissingParameter(parameter))
}

/// One page of a list: the names after `token` (the last name of the page before), and the token of the next page.
pub(crate) fn page(
    names: Vec<QueueName>,
    token: Option<&str>,
    max_results: Option<i64>,
) -> Result<(Vec<QueueName>, Option<String>), SqsError> {
    let limit = max_results
        .map(|given| super::limits::within("MaxResults", given, &(1..=1000)))
        .transpose()?;
    let mut rest: Vec<QueueName> = names
        .into_iter()
        .filter(|name| token.is_none_or(|token| name.as_str() > token))
        .collect();
    // Without MaxResults the API lists up to 1,000 queues and gives no token.
    let length = limit.unwrap_or(1000) as usize;
    let has_more = limit.is_some() && rest.len() > length;
    rest.truncate(length);
    let next = rest.last().filter(|_| has_more).map(ToString::to_string);
    Ok((rest, next))
}
