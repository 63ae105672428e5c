//! How long a queue keeps a job that waits.

use super::{Finding, Rule, Severity, Stack};

/// Fourteen days, the most that SQS keeps.
const LONGEST: u64 = 1_209_600;

pub(super) static RULE: Rule = Rule {
    id: "retention",
    severity: Severity::Warning,
    title: "A queue keeps jobs for less than 14 days",
    why: "A job that waits, because its function is broken or paused over a weekend or between two tries, is deleted at the end of the \
          retention. The default is 4 days. 14 days cost nothing.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    fix: "MessageRetentionPeriod: 1209600",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.consumed().filter_map(|queue| {
        let retention = queue.retention()?;
        let what = format!(
            "{} keeps a message for {} ({retention} s)",
            queue.id(),
            days(retention)
        );
        let line = queue.part.line_of("MessageRetentionPeriod");
        (retention < LONGEST).then(|| RULE.found(queue.id(), line, what))
    });
    found.collect()
}

fn days(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600) {
        (0, hours) => format!("{hours} hours"),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    }
}
