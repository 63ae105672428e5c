//! How long a message stays hidden while its function works on it.

use super::super::stack::{Function, Mapping};
use super::{Finding, Rule, Severity, Stack};

/// AWS's factor: room for throttled invocations (page "services-sqs-configure").
const FACTOR: u64 = 6;

/// A queue that hides messages for so long brings those of a killed process back in time.
const SHORT: u64 = 120;
/// A function of so many seconds is over before that.
const QUICK: u64 = 100;

/// What tells a function how long its queue hides messages.
const TOLD: &str = "HIKYAKU_QUEUE_VISIBILITY";

pub(super) static RULE: Rule = Rule {
    id: "visibility-timeout",
    severity: Severity::Warning,
    title: "A queue hides a message for less than six times its function's timeout plus the batching window",
    why: "A message that becomes visible while a function still works on it is delivered a second time, and both run. Lambda refuses a \
          mapping whose queue hides a message for less than the function may take; it needs the rest for invocations that are throttled. 120 s \
          are enough for a function of up to 100 s whose mapping has a MaximumConcurrency, for then nothing is received that has to wait: told \
          so by HIKYAKU_QUEUE_VISIBILITY, it makes no requests to keep messages hidden. What it is told has to be true.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    fix: "VisibilityTimeout: 360  # 6 x Timeout + MaximumBatchingWindowInSeconds",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.pairs().filter_map(|(mapping, function, queue)| {
        let (visibility, timeout) = (queue.visibility()?, function.timeout()?);
        let line = queue.part.line_of("VisibilityTimeout");
        let told = function.part.number(&format!("Environment.Variables.{TOLD}"));
        if let Some(told) = told.known().filter(|told| *told != visibility) {
            let what = format!(
                "{} hides a message for {visibility} s; {} is told {told} s",
                queue.id(),
                function.id()
            );
            let fix = format!("{TOLD}: \"{visibility}\"");
            return Some(RULE.found(queue.id(), line, what).fix(fix));
        }
        let wanted = FACTOR * timeout + mapping.window()?;
        if visibility >= wanted || told.known().is_some() && is_quick(mapping, function, visibility) {
            return None;
        }
        let what = format!(
            "{} hides a message for {visibility} s; {} may take {timeout} s, so it should be {wanted} s",
            queue.id(),
            function.id()
        );
        let severity = if visibility < timeout { Severity::Error } else { Severity::Warning };
        Some(
            RULE.found(queue.id(), line, what)
                .severity(severity)
                .fix(format!("VisibilityTimeout: {wanted}")),
        )
    });
    found.collect()
}

/// Whether nothing that the mapping receives waits, and the function is over before the message comes back.
fn is_quick(mapping: &Mapping, function: &Function, visibility: u64) -> bool {
    let is_limited = mapping.part.has("ScalingConfig.MaximumConcurrency");
    let window = mapping.window().unwrap_or_default();
    let is_over = function
        .timeout()
        .is_some_and(|timeout| timeout <= QUICK && window == 0);
    visibility == SHORT && is_limited && is_over
}
