//! Kinds of functions that a queue cannot, or can hardly, feed.

use super::super::stack::{Function, Mapping};
use super::{Finding, Rule, Severity, Stack};

/// Seconds that one execution may take behind a queue; on Managed Instances, the second.
const LONGEST: (u64, u64) = (900, 5400);

pub(super) static DURABLE: Rule = Rule {
    id: "durable-timeout",
    severity: Severity::Error,
    title: "A durable function behind a queue may take longer than the queue waits",
    why: "The mapping waits for the whole durable execution and gives up after 15 minutes, 90 on Managed Instances. The message comes \
          back and is executed again, beside or after what has begun.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html",
    fix: "DurableConfig: { ExecutionTimeout: 900 }",
    check: check_durable,
};

pub(super) static TENANTS: Rule = Rule {
    id: "tenant-mapping",
    severity: Severity::Error,
    title: "A function with tenant isolation is behind a queue",
    why: "Lambda needs a tenant's id with each invocation, and a mapping has none: AWS refuses the mapping. A message group per tenant, \
          on a standard queue too, keeps one from holding up the others.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html",
    fix: "# take out TenancyConfig",
    check: check_tenants,
};

/// Functions that queues feed, each once.
fn fed(stack: &Stack) -> impl Iterator<Item = &Function> {
    let is_fed = |index: usize| {
        let by = |mapping: &Mapping| mapping.function == Some(index);
        stack.mappings.iter().any(by)
    };
    let functions = stack.functions.iter().enumerate();
    functions.filter_map(move |(index, function)| is_fed(index).then_some(function))
}

fn check_durable(stack: &Stack) -> Vec<Finding> {
    let found = fed(stack).filter_map(|function| {
        let part = &function.part;
        let seconds = part.number("DurableConfig.ExecutionTimeout").known()?;
        let longest = if part.has("CapacityProviderConfig") {
            LONGEST.1
        } else {
            LONGEST.0
        };
        let what = format!(
            "{} may take {seconds} s; behind a queue {longest} s is the most",
            function.id()
        );
        let line = part.line_of("DurableConfig.ExecutionTimeout");
        let fix = format!("DurableConfig: {{ ExecutionTimeout: {longest} }}");
        (seconds > longest).then(|| DURABLE.found(function.id(), line, what).fix(fix))
    });
    found.collect()
}

fn check_tenants(stack: &Stack) -> Vec<Finding> {
    let isolated = fed(stack).filter(|function| function.part.has("TenancyConfig"));
    isolated
        .map(|function| {
            let what = format!("{} has a TenancyConfig and a queue", function.id());
            TENANTS.found(function.id(), function.part.line_of("TenancyConfig"), what)
        })
        .collect()
}
