//! Whether a message reaches its dead-letter queue before it expires.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "receive-horizon",
    severity: Severity::Error,
    title: "A message expires before it has been received maxReceiveCount times",
    why: "If maxReceiveCount times the visibility timeout is longer than the retention, a message that fails every time is deleted at \
          the end of its retention and never reaches the dead-letter queue.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    fix: "MessageRetentionPeriod: 1209600  # 14 days, the most there is; else a lower maxReceiveCount",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.queues.iter().filter_map(|queue| {
        let count = queue.max_receive_count().known()?;
        let (visibility, retention) = (queue.visibility()?, queue.retention()?);
        let horizon = count.saturating_mul(visibility);
        let what = format!(
            "{count} receives of {visibility} s each take {horizon} s; {} keeps a message for {retention} s",
            queue.id()
        );
        let line = queue.part.line_of("RedrivePolicy.maxReceiveCount");
        (horizon >= retention).then(|| RULE.found(queue.id(), line, what))
    });
    found.collect()
}
