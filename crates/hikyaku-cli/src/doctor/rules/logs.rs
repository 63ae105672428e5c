//! Where logs go and how long they stay.

use super::super::stack::Function;
use super::{Finding, Rule, Severity, Stack};

pub(super) static GROUP: Rule = Rule {
    id: "log-group",
    severity: Severity::Warning,
    title: "A function has no log group of its own",
    why: "Lambda makes one at the first invocation that keeps everything for ever, and that stays when the stack is deleted.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
    fix: "OrdersLogs:\n  Type: AWS::Logs::LogGroup\n  Properties: { LogGroupName: !Sub \"/aws/lambda/${OrdersFunction}\", RetentionInDays: 30 }",
    check: check_group,
};

pub(super) static RETENTION: Rule = Rule {
    id: "log-retention",
    severity: Severity::Warning,
    title: "A log group keeps everything for ever",
    why: "Without RetentionInDays logs are never deleted and are paid for every month. They may hold personal data, too.",
    page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    fix: "RetentionInDays: 30",
    check: check_retention,
};

pub(super) static LEVEL: Rule = Rule {
    id: "log-level",
    severity: Severity::Warning,
    title: "A function's log level hides what an operator needs",
    why: "At FATAL Lambda drops errors. The engine writes one line a job at INFO, and errors at ERROR: FATAL leaves nothing to read.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html",
    fix: "ApplicationLogLevel: INFO",
    check: check_level,
};

fn check_group(stack: &Stack) -> Vec<Finding> {
    let without = stack
        .functions
        .iter()
        .filter(|function| !has_group(stack, function));
    without
        .map(|function| {
            let what = format!("{} has no log group in the template", function.id());
            let fix = GROUP
                .fix
                .replace("OrdersFunction", function.id())
                .replace("Orders", stem(function.id()));
            GROUP
                .found(function.id(), function.part.line, what)
                .fix(fix)
        })
        .collect()
}

fn stem(id: &str) -> &str {
    id.strip_suffix("Function").unwrap_or(id)
}

fn has_group(stack: &Stack, function: &Function) -> bool {
    let named = stack
        .of_kind("AWS::Logs::LogGroup")
        .into_iter()
        .any(|group| {
            let name = group.reference("LogGroupName").unwrap_or_default();
            name.strip_prefix("/aws/lambda/") == Some(&function.name)
        });
    named || function.part.has("LoggingConfig.LogGroup")
}

fn check_retention(stack: &Stack) -> Vec<Finding> {
    let groups = stack.of_kind("AWS::Logs::LogGroup").into_iter();
    groups
        .filter(|group| !group.has("RetentionInDays"))
        .map(|group| {
            let what = format!("{} has no RetentionInDays", group.id);
            RETENTION.found(&group.id, group.line, what)
        })
        .collect()
}

fn check_level(stack: &Stack) -> Vec<Finding> {
    let found = stack.functions.iter().filter_map(|function| {
        let level = function
            .part
            .text("LoggingConfig.ApplicationLogLevel")
            .known()?;
        let line = function.part.line_of("LoggingConfig.ApplicationLogLevel");
        (level == "FATAL").then(|| {
            LEVEL.found(
                function.id(),
                line,
                format!("{} logs at FATAL", function.id()),
            )
        })
    });
    found.collect()
}
