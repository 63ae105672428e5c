//! How long a message stays hidden while its function works on it.

use super::{Finding, Rule, Severity, Stack};

/// AWS's factor: room for throttled invocations (page "services-sqs-configure").
const FACTOR: u64 = 6;

pub(super) static RULE: Rule = Rule {
    id: "visibility-timeout",
    severity: Severity::Warning,
    title: "A queue hides a message for less than six times its function's timeout plus the batching window",
    why: "A message that becomes visible while a function still works on it is delivered a second time, and both run. Lambda refuses a \
          mapping whose queue hides a message for less than the function may take; it needs the rest for invocations that are throttled.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    fix: "VisibilityTimeout: 360  # 6 x Timeout + MaximumBatchingWindowInSeconds",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.pairs().filter_map(|(mapping, function, queue)| {
        let (visibility, timeout) = (queue.visibility()?, function.timeout()?);
        let wanted = FACTOR * timeout + mapping.window()?;
        if visibility >= wanted {
            return None;
        }
        let what = format!(
            "{} hides a message for {visibility} s; {} may take {timeout} s, so it should be {wanted} s",
            queue.id(),
            function.id()
        );
        let severity = if visibility < timeout { Severity::Error } else { Severity::Warning };
        Some(
            RULE.found(queue.id(), queue.part.line_of("VisibilityTimeout"), what)
                .severity(severity)
                .fix(format!("VisibilityTimeout: {wanted}")),
        )
    });
    found.collect()
}
