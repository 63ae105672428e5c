//! A dead-letter queue is of the same type as its queue.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "dead-letter-type",
    severity: Severity::Error,
    title: "A FIFO queue has a standard dead-letter queue, or the reverse",
    why: "SQS refuses it, so the stack is not deployed. Two queues of different types cannot share one dead-letter queue either.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    fix: "OrdersDeadLetterQueue:\n  Type: AWS::SQS::Queue\n  Properties:\n    FifoQueue: true  # as the queue before it\n    \
          MessageRetentionPeriod: 1209600",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let word = |fifo| if fifo { "FIFO" } else { "standard" };
    let found = stack.queues.iter().filter_map(|queue| {
        let dead = stack.queue(queue.dead_letter_arn()?)?;
        let (own, other) = (queue.is_fifo()?, dead.is_fifo()?);
        let what = format!(
            "{} is {}, its dead-letter queue {} is {}",
            queue.id(),
            word(own),
            dead.id(),
            word(other)
        );
        let line = queue.part.line_of("RedrivePolicy.deadLetterTargetArn");
        (own != other).then(|| RULE.found(queue.id(), line, what))
    });
    found.collect()
}
