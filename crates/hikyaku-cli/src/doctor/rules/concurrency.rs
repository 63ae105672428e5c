//! Limits of concurrency that contradict each other.

use super::super::stack::Seen;
use super::{Finding, Rule, Severity, Stack};

/// What Lambda's pollers begin with; fewer are throttled at once (page "services-sqs-scaling").
const FIRST_POLLERS: u64 = 5;

pub(super) static RULE: Rule = Rule {
    id: "reserved-concurrency",
    severity: Severity::Error,
    title: "A function's mappings may start more than its reserved concurrency allows",
    why: "Lambda receives the messages, is throttled and puts them back. Each time counts as a receive, so messages reach the \
          dead-letter queue that were never worked on. Only MaximumConcurrency keeps Lambda from receiving more than it can run.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    fix: "ReservedConcurrentExecutions: 10  # at least the sum of MaximumConcurrency",
    check,
};

pub(super) static POLLERS: Rule = Rule {
    id: "provisioned-pollers",
    severity: Severity::Error,
    title: "A mapping has a MaximumConcurrency and provisioned pollers",
    why: "The two exclude each other: Lambda refuses the mapping. MaximumConcurrency protects what the jobs talk to; provisioned \
          pollers are for queues that must be picked up within milliseconds, and cost by the hour.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    fix: "ScalingConfig: { MaximumConcurrency: 5 }  # and no ProvisionedPollerConfig",
    check: check_pollers,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, function) in stack.functions.iter().enumerate() {
        let Some(reserved) = function.part.number("ReservedConcurrentExecutions").known() else {
            continue;
        };
        let mappings = || {
            stack
                .mappings
                .iter()
                .filter(|mapping| mapping.function == Some(index))
        };
        if mappings().next().is_none() {
            continue;
        }
        let line = function.part.line_of("ReservedConcurrentExecutions");
        let limits =
            mappings().map(|mapping| mapping.part.number("ScalingConfig.MaximumConcurrency"));
        let limits: Vec<_> = limits.collect();
        let sum: u64 = limits.iter().filter_map(|limit| limit.known()).sum();
        if sum > reserved {
            let what = format!(
                "{} may run {reserved} times at once; its mappings start {sum}",
                function.id()
            );
            let fix = format!("ReservedConcurrentExecutions: {sum}");
            found.push(RULE.found(function.id(), line, what).fix(fix));
        } else if limits.iter().any(Seen::is_absent) {
            let what = format!(
                "{} may run {reserved} times at once, and a mapping has no MaximumConcurrency",
                function.id()
            );
            let fix = format!(
                "ScalingConfig: {{ MaximumConcurrency: {} }}",
                reserved.max(2)
            );
            found.push(
                RULE.found(function.id(), line, what)
                    .severity(Severity::Warning)
                    .fix(fix),
            );
        } else if reserved < FIRST_POLLERS {
            let what = format!(
                "{} may run {reserved} times at once; Lambda begins with {FIRST_POLLERS} pollers",
                function.id()
            );
            let fix = "ReservedConcurrentExecutions: 5";
            found.push(
                RULE.found(function.id(), line, what)
                    .severity(Severity::Warning)
                    .fix(fix),
            );
        }
    }
    found
}

fn check_pollers(stack: &Stack) -> Vec<Finding> {
    let both = stack.mappings.iter().filter(|mapping| {
        mapping.part.has("ScalingConfig.MaximumConcurrency")
            && mapping.part.has("ProvisionedPollerConfig")
    });
    both.map(|mapping| {
        let line = mapping.part.line_of("ProvisionedPollerConfig");
        let what = format!("{} has both", mapping.part.id);
        POLLERS.found(&mapping.part.id, line, what)
    })
    .collect()
}
