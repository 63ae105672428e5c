//! How full a queue is.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde::Serialize;
use serde_json::Value as Json;

use super::mapping::Reading;
use crate::outcome::OperatorError;
use crate::place::Reach;

/// What SQS counts of a queue. Its numbers are approximate (Amazon SQS API reference, `GetQueueAttributes`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Depth {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) waiting: usize,
    pub(crate) delayed: usize,
    pub(crate) in_flight: usize,
    /// How long the oldest message has waited, in seconds, if that is known.
    pub(crate) oldest_seconds: Option<u64>,
    /// The name of the queue that its dead letters go to.
    pub(crate) dead_letters_to: Option<String>,
    /// Whether functions read it, if that may be known.
    pub(super) state: Option<Reading>,
}

impl Depth {
    pub(crate) fn all(&self) -> usize {
        self.waiting + self.delayed + self.in_flight
    }

    fn of(url: &str, attributes: &HashMap<Name, String>) -> Self {
        let number = |name: &Name| {
            let value = attributes.get(name).and_then(|value| value.parse().ok());
            value.unwrap_or(0)
        };
        let policy = attributes.get(&Name::RedrivePolicy);
        let policy: Option<Json> = policy.and_then(|text| serde_json::from_str(text).ok());
        let target = policy
            .as_ref()
            .and_then(|policy| policy["deadLetterTargetArn"].as_str());
        Self {
            name: url.rsplit('/').next().unwrap_or(url).to_owned(),
            url: url.to_owned(),
            waiting: number(&Name::ApproximateNumberOfMessages),
            delayed: number(&Name::ApproximateNumberOfMessagesDelayed),
            in_flight: number(&Name::ApproximateNumberOfMessagesNotVisible),
            oldest_seconds: None,
            dead_letters_to: target
                .and_then(|arn| arn.rsplit(':').next())
                .map(str::to_owned),
            state: None,
        }
    }
}

impl Reach {
    /// One request.
    pub(crate) async fn depth(&self, url: &str) -> Result<Depth, OperatorError> {
        let asked = self
            .sqs
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(Name::ApproximateNumberOfMessages)
            .attribute_names(Name::ApproximateNumberOfMessagesDelayed)
            .attribute_names(Name::ApproximateNumberOfMessagesNotVisible)
            .attribute_names(Name::RedrivePolicy);
        let answer = asked.send().await.map_err(|error| {
            let doing = format!("reading how full queue `{url}` is");
            let next = "is it there, and may these keys read it (sqs:GetQueueAttributes)?";
            OperatorError::asking(doing, next, error)
        })?;
        Ok(Depth::of(url, &answer.attributes.unwrap_or_default()))
    }

    /// The URLs of all queues whose names begin with `prefix`. One request for a thousand.
    pub(crate) async fn queue_urls(
        &self,
        prefix: Option<&str>,
    ) -> Result<Vec<String>, OperatorError> {
        let pages = self
            .sqs
            .list_queues()
            .set_queue_name_prefix(prefix.map(str::to_owned))
            .max_results(1000)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await;
        pages.map_err(|error| {
            let doing = format!("listing the queues of {}", self.name());
            let next = "name the queues instead, or allow sqs:ListQueues to these keys";
            OperatorError::asking(doing, next, error)
        })
    }
}
