//! Encryption of queues at rest.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "queue-encryption",
    severity: Severity::Warning,
    title: "A queue's encryption at rest is switched off",
    why: "SQS encrypts queues by itself, at no cost, unless a template says no. Bodies of jobs hold what the application put into them.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html",
    fix: "SqsManagedSseEnabled: true",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let open = stack.queues.iter().filter(|queue| {
        queue.part.flag("SqsManagedSseEnabled").known() == Some(false)
            && queue.part.text("KmsMasterKeyId").is_absent()
    });
    open.map(|queue| {
        let what = format!("{} stores messages in the clear", queue.id());
        RULE.found(queue.id(), queue.part.line_of("SqsManagedSseEnabled"), what)
    })
    .collect()
}
