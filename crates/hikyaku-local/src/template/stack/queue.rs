//! An SQS queue, as a template describes it.

use std::collections::BTreeMap;
use std::time::Duration;

/// An SQS queue. Limits and defaults are those of the page `SetQueueAttributes` of the SQS API reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The resource's name in the template.
    pub logical_id: String,
    /// `QueueName`, or `<stack>-<logical id>`, with `.fifo` for a FIFO queue.
    pub name: String,
    /// `arn:aws:sqs:<region>:<account>:<name>`.
    pub arn: String,
    /// The URL that `Ref` gives.
    pub url: String,
    /// The line of the logical id.
    pub line: usize,
    /// `FifoQueue`.
    pub fifo: bool,
    /// `ContentBasedDeduplication`.
    pub content_based_deduplication: bool,
    /// `DeduplicationScope`: `queue` or `messageGroup`.
    pub deduplication_scope: Option<String>,
    /// `FifoThroughputLimit`: `perQueue` or `perMessageGroupId`.
    pub fifo_throughput_limit: Option<String>,
    /// `VisibilityTimeout`: 30 s unless stated, up to 12 hours.
    pub visibility_timeout: Duration,
    /// `MessageRetentionPeriod`: 4 days unless stated, 60 s to 14 days.
    pub retention: Duration,
    /// `DelaySeconds`: 0 unless stated, up to 15 minutes.
    pub delay: Duration,
    /// `ReceiveMessageWaitTimeSeconds`: 0 unless stated, up to 20 s.
    pub receive_wait: Duration,
    /// `MaximumMessageSize` in bytes: 1 MiB unless stated, 1 KiB to 1 MiB.
    pub maximum_message_size: u32,
    /// `RedrivePolicy`.
    pub redrive: Option<Redrive>,
    /// `RedriveAllowPolicy`.
    pub redrive_allow: RedriveAllow,
}

/// After how many receives a message moves away, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// `maxReceiveCount`, 1 to 1,000.
    pub max_receive_count: u32,
    /// The name of the queue that `deadLetterTargetArn` names.
    pub dead_letter_queue: String,
    /// That queue's ARN.
    pub dead_letter_arn: String,
    /// The line of `RedrivePolicy`.
    pub line: usize,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RedriveAllow {
    /// All of them.
    #[default]
    All,
    /// None.
    None,
    /// Those with these ARNs.
    Queues(Vec<String>),
}

impl Queue {
    /// The attributes of a `CreateQueue` request that makes this queue, in SQS's names and units.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = BTreeMap::new();
        let mut set = |name: &str, value: String| attributes.insert(name.to_owned(), value);
        set(
            "VisibilityTimeout",
            self.visibility_timeout.as_secs().to_string(),
        );
        set(
            "MessageRetentionPeriod",
            self.retention.as_secs().to_string(),
        );
        set("DelaySeconds", self.delay.as_secs().to_string());
        set(
            "ReceiveMessageWaitTimeSeconds",
            self.receive_wait.as_secs().to_string(),
        );
        set("MaximumMessageSize", self.maximum_message_size.to_string());
        if self.fifo {
            set("FifoQueue", "true".to_owned());
            set(
                "ContentBasedDeduplication",
                self.content_based_deduplication.to_string(),
            );
        }
        if let Some(scope) = &self.deduplication_scope {
            set("DeduplicationScope", scope.clone());
        }
        if let Some(limit) = &self.fifo_throughput_limit {
            set("FifoThroughputLimit", limit.clone());
        }
        if let Some(redrive) = &self.redrive {
            set("RedrivePolicy", redrive.to_json());
        }
        if let Some(policy) = self.redrive_allow.to_json() {
            set("RedriveAllowPolicy", policy);
        }
        attributes
    }
}

impl Redrive {
    fn to_json(&self) -> String {
        let policy = serde_json::json!({ "deadLetterTargetArn": self.dead_letter_arn, "maxReceiveCount": self.max_receive_count });
        policy.to_string()
    }
}

impl RedriveAllow {
    fn to_json(&self) -> Option<String> {
        let policy = match self {
            Self::All => return None,
            Self::None => serde_json::json!({ "redrivePermission": "denyAll" }),
            Self::Queues(arns) => {
                serde_json::json!({ "redrivePermission": "byQueue", "sourceQueueArns": arns })
            }
        };
        Some(policy.to_string())
    }
}
