//! Whether a dead-letter queue takes the messages of the queue that names it.

use hikyaku_local::template::is_unknown;

use super::super::stack::part::texts;
use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "redrive-allow",
    severity: Severity::Error,
    title: "A dead-letter queue does not allow the queue that names it",
    why: "With a RedriveAllowPolicy of denyAll, or of byQueue without that queue, SQS refuses the RedrivePolicy: the stack is not \
          deployed, or messages come back until they expire.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    fix: "RedriveAllowPolicy: { redrivePermission: allowAll }",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in &stack.queues {
        let Some(arn) = source.dead_letter_arn() else {
            continue;
        };
        for queue in stack.queues.iter().filter(|queue| queue.arn == arn) {
            let policy = queue.part.text("RedriveAllowPolicy.redrivePermission");
            let named = texts(queue.part.at("RedriveAllowPolicy.sourceQueueArns"));
            let allows = match policy.known().as_deref() {
                Some("denyAll") => false,
                Some("byQueue") => named
                    .iter()
                    .any(|named| is_unknown(named) || *named == source.arn),
                _ => true,
            };
            if !allows {
                let what = format!(
                    "{} does not take dead letters of {}",
                    queue.id(),
                    source.id()
                );
                let line = queue.part.line_of("RedriveAllowPolicy.redrivePermission");
                found.push(RULE.found(queue.id(), line, what));
            }
        }
    }
    found
}
