//! Actions on queues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shapes::{Nothing, QueueInput};
use super::{Context, page, required};
use crate::sqs::error::SqsError;
use crate::sqs::names::QueueName;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateQueueInput {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(rename = "tags", alias = "Tags", default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueUrlOutput {
    queue_url: String,
}

pub(crate) fn create_queue(
    context: &Context,
    input: CreateQueueInput,
) -> Result<QueueUrlOutput, SqsError> {
    let name = required("QueueName", input.queue_name)?;
    let queue = context
        .sqs
        .create_tagged_queue(&name, &input.attributes, input.tags)?;
    Ok(QueueUrlOutput {
        queue_url: context.url(&queue),
    })
}

pub(crate) fn delete_queue(context: &Context, input: QueueInput) -> Result<Nothing, SqsError> {
    context.sqs.delete_queue(&context.queue(input.queue_url)?)?;
    Ok(Nothing {})
}

pub(crate) fn purge_queue(context: &Context, input: QueueInput) -> Result<Nothing, SqsError> {
    context.sqs.purge(&context.queue(input.queue_url)?)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueUrlInput {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

pub(crate) fn get_queue_url(
    context: &Context,
    input: GetQueueUrlInput,
) -> Result<QueueUrlOutput, SqsError> {
    let name = required("QueueName", input.queue_name)?;
    if input
        .owner
        .is_some_and(|account| account != context.sqs.identity().account)
    {
        return Err(SqsError::QueueDoesNotExist);
    }
    let queue = context.sqs.queue_by_name(&name)?;
    Ok(QueueUrlOutput {
        queue_url: context.url(&queue),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQueuesInput {
    queue_name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQueuesOutput {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) fn list_queues(
    context: &Context,
    input: ListQueuesInput,
) -> Result<ListQueuesOutput, SqsError> {
    let ListQueuesInput {
        queue_name_prefix,
        next_token,
        max_results,
    } = input;
    let all = context
        .sqs
        .queues(queue_name_prefix.as_deref().unwrap_or_default());
    let (queue_urls, next_token) = urls(context, all, next_token.as_deref(), max_results)?;
    Ok(ListQueuesOutput {
        queue_urls,
        next_token,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDeadLetterSourceQueuesInput {
    queue_url: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDeadLetterSourceQueuesOutput {
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) fn list_dead_letter_source_queues(
    context: &Context,
    input: ListDeadLetterSourceQueuesInput,
) -> Result<ListDeadLetterSourceQueuesOutput, SqsError> {
    let ListDeadLetterSourceQueuesInput {
        queue_url,
        next_token,
        max_results,
    } = input;
    let all = context
        .sqs
        .dead_letter_sources(&context.queue(queue_url)?)?;
    let (queue_urls, next_token) = urls(context, all, next_token.as_deref(), max_results)?;
    Ok(ListDeadLetterSourceQueuesOutput {
        queue_urls,
        next_token,
    })
}

fn urls(
    context: &Context,
    names: Vec<QueueName>,
    token: Option<&str>,
    max_results: Option<i64>,
) -> Result<(Vec<String>, Option<String>), SqsError> {
    let (names, next) = page(names, token, max_results)?;
    Ok((names.iter().map(|name| context.url(name)).collect(), next))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueAttributesInput {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetQueueAttributesOutput {
    attributes: BTreeMap<String, String>,
}

/// Every attribute that can be asked for (API Reference, `GetQueueAttributes`).
const ATTRIBUTE_NAMES: [&str; 21] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "ContentBasedDeduplication",
    "CreatedTimestamp",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "LastModifiedTimestamp",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "QueueArn",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

pub(crate) fn get_queue_attributes(
    context: &Context,
    input: GetQueueAttributesInput,
) -> Result<GetQueueAttributesOutput, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let names = input.attribute_names;
    if let Some(unknown) = names
        .iter()
        .find(|name| *name != "All" && !ATTRIBUTE_NAMES.contains(&name.as_str()))
    {
        return Err(SqsError::InvalidAttributeName(unknown.clone()));
    }
    let mut attributes = context.sqs.attributes(&queue)?;
    if !names.iter().any(|name| name == "All") {
        attributes.retain(|name, _| names.contains(name));
    }
    Ok(GetQueueAttributesOutput { attributes })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetQueueAttributesInput {
    queue_url: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

pub(crate) fn set_queue_attributes(
    context: &Context,
    input: SetQueueAttributesInput,
) -> Result<Nothing, SqsError> {
    let queue = context.queue(input.queue_url)?;
    context
        .sqs
        .set_attributes(&queue, &required("Attributes", input.attributes)?)?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagQueueInput {
    queue_url: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

pub(crate) fn tag_queue(context: &Context, input: TagQueueInput) -> Result<Nothing, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let tags = required("Tags", input.tags)?;
    context.sqs.tags(&queue, |existing| existing.extend(tags))?;
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UntagQueueInput {
    queue_url: Option<String>,
    tag_keys: Option<Vec<String>>,
}

pub(crate) fn untag_queue(context: &Context, input: UntagQueueInput) -> Result<Nothing, SqsError> {
    let queue = context.queue(input.queue_url)?;
    let keys = required("TagKeys", input.tag_keys)?;
    context.sqs.tags(&queue, |existing| {
        existing.retain(|key, _| !keys.contains(key));
    })?;
    Ok(Nothing {})
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListQueueTagsOutput {
    tags: BTreeMap<String, String>,
}

pub(crate) fn list_queue_tags(
    context: &Context,
    input: QueueInput,
) -> Result<ListQueueTagsOutput, SqsError> {
    let queue = context.queue(input.queue_url)?;
    Ok(ListQueueTagsOutput {
        tags: context.sqs.tags(&queue, |tags| tags.clone())?,
    })
}
