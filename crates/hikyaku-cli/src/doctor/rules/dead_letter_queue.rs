//! Where a message goes that cannot be worked off.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "dead-letter-queue",
    severity: Severity::Error,
    title: "A queue that feeds a function has no dead-letter queue",
    why: "A message that fails every time comes back until its retention ends, uses up concurrency meanwhile, and is then \
          deleted without a trace.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    fix: "RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadLetterQueue.Arn, maxReceiveCount: 5 }",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    // A dead-letter queue that is worked off is the end of the way.
    let last: Vec<&str> = stack
        .dead_letter_queues()
        .iter()
        .map(|queue| queue.id())
        .collect();
    let without = stack
        .consumed()
        .filter(|queue| !queue.part.has("RedrivePolicy") && !last.contains(&queue.id()));
    without
        .map(|queue| {
            let receives = super::receive_count::wanted(stack, queue);
            RULE.found(queue.id(), queue.part.line, format!("{} has no RedrivePolicy", queue.id()))
                .fix(format!("RedrivePolicy: {{ deadLetterTargetArn: !GetAtt DeadLetterQueue.Arn, maxReceiveCount: {receives} }}"))
        })
        .collect()
}
