//! Schedules that send to FIFO queues.

use super::super::stack::{Queue, Service};
use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "schedule-fifo",
    severity: Severity::Error,
    title: "A schedule cannot send to its FIFO queue",
    why: "A message of a FIFO queue has a group and a deduplication id. A schedule states the group; the id it cannot state, so the queue must \
          make it from the content. Without either every firing is refused.",
    page: "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_SqsParameters.html",
    fix: "SqsParameters: { MessageGroupId: nightly }  # in the target, and ContentBasedDeduplication: true in the queue",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for schedule in &stack.schedules {
        for target in &schedule.targets {
            let Some(queue) = target.queue.map(|index| &stack.queues[index]) else {
                continue;
            };
            if queue.is_fifo() != Some(true) {
                continue;
            }
            let service = match schedule.service {
                Service::Scheduler => "Scheduler",
                Service::Rule => "the rule",
            };
            let line = target.part.line_of("Arn");
            if !target.part.has("SqsParameters.MessageGroupId") {
                let what = format!("{service} states no group for {}", queue.id());
                found.push(RULE.found(&schedule.part.id, line, what));
            } else if !deduplicates(queue) {
                let what = format!("{} does not deduplicate by content", queue.id());
                let fix = "ContentBasedDeduplication: true";
                found.push(RULE.found(queue.id(), queue.part.line, what).fix(fix));
            }
        }
    }
    found
}

fn deduplicates(queue: &Queue) -> bool {
    queue.part.flag("ContentBasedDeduplication").or(false) != Some(false)
}
