//! Queues, with SQS's defaults (page `SetQueueAttributes` of the SQS API reference).

use super::part::Part;
use super::seen::Seen;

const VISIBILITY_SECONDS: u64 = 30;
const RETENTION_SECONDS: u64 = 345_600;

/// `AWS::SQS::Queue`.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) part: Part,
    pub(crate) arn: String,
    /// What `Ref` gives.
    pub(crate) url: String,
}

impl Queue {
    pub(crate) fn id(&self) -> &str {
        &self.part.id
    }

    pub(crate) fn visibility(&self) -> Option<u64> {
        self.part.number("VisibilityTimeout").or(VISIBILITY_SECONDS)
    }

    pub(crate) fn retention(&self) -> Option<u64> {
        self.part
            .number("MessageRetentionPeriod")
            .or(RETENTION_SECONDS)
    }

    pub(crate) fn is_fifo(&self) -> Option<bool> {
        self.part.flag("FifoQueue").or(false)
    }

    pub(crate) fn dead_letter_arn(&self) -> Option<&str> {
        self.part.reference("RedrivePolicy.deadLetterTargetArn")
    }

    pub(crate) fn max_receive_count(&self) -> Seen<u64> {
        self.part.number("RedrivePolicy.maxReceiveCount")
    }

    /// Its name: the last part of its ARN.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or(&self.arn)
    }

    /// Whether an ARN, a URL or a name means this queue.
    pub(crate) fn is(&self, reference: &str) -> bool {
        reference == self.arn || reference == self.url || reference == self.name()
    }
}
