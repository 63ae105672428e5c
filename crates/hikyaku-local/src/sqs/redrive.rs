//! Dead-letter queues: which messages go there, and who may use which queue as one.

use serde::Deserialize;

use super::error::SqsError;
use super::names::{Identity, QueueName};

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedrivePolicy {
    /// The dead-letter queue.
    pub(crate) target: QueueName,
    /// After how many receives the next one moves the message: 1 to 1,000.
    pub(crate) max_receive_count: u64,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RedriveAllowPolicy {
    /// Any queue of the account.
    AllowAll,
    /// None.
    DenyAll,
    /// Only these, by ARN.
    ByQueue(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyText {
    dead_letter_target_arn: Option<String>,
    max_receive_count: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AllowPolicyText {
    redrive_permission: String,
    #[serde(default)]
    source_queue_arns: Vec<String>,
}

impl RedrivePolicy {
    /// Reads the attribute `RedrivePolicy`.
    pub(crate) fn parse(text: &str, identity: &Identity) -> Result<Self, SqsError> {
        let refuse = |reason: &str| SqsError::invalid("RedrivePolicy", text, reason);
        let policy: PolicyText = serde_json::from_str(text)
            .map_err(|_| refuse("Redrive policy is not a valid JSON map"))?;
        let arn = policy.dead_letter_target_arn.ok_or_else(|| {
            refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn")
        })?;
        let count = policy.max_receive_count.ok_or_else(|| {
            refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount")
        })?;
        let target = identity
            .name_in_arn(&arn)
            .ok_or_else(|| refuse("Invalid value for deadLetterTargetArn"))?;
        // CloudFormation and many SDK users write the number as text.
        let number = count
            .as_u64()
            .or_else(|| count.as_str().and_then(|text| text.parse().ok()));
        let max_receive_count = number.filter(|number| (1..=1000).contains(number)).ok_or_else(|| {
            refuse(&format!("Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive"))
        })?;
        Ok(Self {
            target,
            max_receive_count,
        })
    }
}

impl RedriveAllowPolicy {
    /// Reads the attribute `RedriveAllowPolicy`.
    pub(crate) fn parse(text: &str) -> Result<Self, SqsError> {
        let refuse = |reason: &str| SqsError::invalid("RedriveAllowPolicy", text, reason);
        let policy: AllowPolicyText = serde_json::from_str(text).map_err(|_| {
            refuse("Redrive allow policy is not a valid JSON map with redrivePermission")
        })?;
        match (policy.redrive_permission.as_str(), policy.source_queue_arns) {
            ("allowAll", arns) if arns.is_empty() => Ok(Self::AllowAll),
            ("denyAll", arns) if arns.is_empty() => Ok(Self::DenyAll),
            ("byQueue", arns) if (1..=10).contains(&arns.len()) => Ok(Self::ByQueue(arns)),
            ("allowAll" | "denyAll" | "byQueue", _) => Err(refuse(
                "sourceQueueArns must have 1 to 10 entries with byQueue, and none otherwise",
            )),
            _ => Err(refuse(
                "redrivePermission must be allowAll, denyAll or byQueue",
            )),
        }
    }

    /// Whether the queue with this ARN may use the queue as its dead-letter queue.
    pub(crate) fn allows(&self, source_arn: &str) -> bool {
        match self {
            Self::AllowAll => true,
            Self::DenyAll => false,
            Self::ByQueue(arns) => arns.iter().any(|arn| arn == source_arn),
        }
    }
}
