//! How long a dead-letter queue keeps what it gets.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "dead-letter-retention",
    severity: Severity::Error,
    title: "A dead-letter queue keeps messages for less time than the queue before it",
    why: "A standard message keeps the time at which it was first sent. One that moves to a dead-letter queue with a shorter \
          retention may expire at once, before anybody has seen it.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    fix: "MessageRetentionPeriod: 1209600  # 14 days, the most there is",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.queues.iter().filter_map(|queue| {
        let dead = stack.queue(queue.dead_letter_arn()?)?;
        let (kept, before) = (dead.retention()?, queue.retention()?);
        let what = format!(
            "{} keeps messages for {kept} s, {} before it for {before} s",
            dead.id(),
            queue.id()
        );
        let line = dead.part.line_of("MessageRetentionPeriod");
        (kept < before).then(|| RULE.found(dead.id(), line, what))
    });
    found.collect()
}
