//! Expressions, time zones and inputs of schedules.

use hikyaku_local::schedule::{Schedule as Timing, ScheduleError};
use hikyaku_local::template::Node;

use super::super::stack::{Schedule, Seen, Service};
use super::{Finding, Rule, Severity, Stack};

pub(super) static EXPRESSION: Rule = Rule {
    id: "schedule-expression",
    severity: Severity::Error,
    title: "A schedule's expression is wrong",
    why: "EventBridge's cron has six fields, and one of day-of-month and day-of-week is `?`. A crontab's five fields are refused when \
          the stack is deployed; six fields with the wrong `?` too.",
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    fix: "ScheduleExpression: cron(0 1 * * ? *)  # minute hour day-of-month month day-of-week year",
    check: check_expression,
};

pub(super) static NEVER: Rule = Rule {
    id: "schedule-never",
    severity: Severity::Error,
    title: "A schedule has no time at which it fires",
    why: "The expression is right, and there is no such time any more: the 30th of February, a year that is over, an EndDate in the \
          past. It is deployed without a word, and the job never runs.",
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    fix: "ScheduleExpression: cron(0 1 L * ? *)  # the last day of each month",
    check: check_never,
};

pub(super) static TIME_ZONE: Rule = Rule {
    id: "time-zone",
    severity: Severity::Error,
    title: "A schedule's time zone does not exist, or its service has none",
    why: "Scheduler takes names of the IANA database. A rule of EventBridge, which an event of type Schedule makes, knows UTC alone: \
          01:00 in a rule is 10:00 in Tokyo.",
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    fix: "ScheduleExpressionTimezone: Asia/Tokyo",
    check: check_time_zone,
};

pub(super) static INPUT: Rule = Rule {
    id: "schedule-input",
    severity: Severity::Error,
    title: "A schedule's input is not JSON",
    why: "A function is invoked with JSON alone, and a message that is no JSON is no job: each firing is buried, if it is delivered.",
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html",
    fix: "Input: '{\"job\": \"report-jobs\", \"data\": {}}'",
    check: check_input,
};

fn check_expression(stack: &Stack) -> Vec<Finding> {
    let wrong = stack.schedules.iter().filter_map(|schedule| {
        let error = parsed(schedule)?
            .err()
            .filter(|error| !error.is_time_zone())?;
        let (key, line) = (
            schedule.expression,
            schedule.part.line_of(schedule.expression),
        );
        let fix = EXPRESSION.fix.replace("ScheduleExpression", key);
        Some(
            EXPRESSION
                .found(&schedule.part.id, line, error.to_string())
                .fix(fix),
        )
    });
    wrong.collect()
}

fn check_time_zone(stack: &Stack) -> Vec<Finding> {
    let wrong = stack.schedules.iter().filter_map(|schedule| {
        let part = &schedule.part;
        let line = part.line_of("ScheduleExpressionTimezone");
        if schedule.service == Service::Rule {
            let what = "a rule of EventBridge has no time zone; Scheduler's schedules have one";
            let fix = "Type: ScheduleV2  # the event; or AWS::Scheduler::Schedule, the resource";
            let stated = part.has("ScheduleExpressionTimezone");
            return stated.then(|| TIME_ZONE.found(&part.id, line, what).fix(fix));
        }
        let zone = part.text("ScheduleExpressionTimezone").known()?;
        let error = Timing::parse("rate(1 day)", Some(&zone)).err()?;
        Some(TIME_ZONE.found(&part.id, line, error.to_string()))
    });
    wrong.collect()
}

fn check_never(stack: &Stack) -> Vec<Finding> {
    let now = stack.now.as_millis();
    let never = stack.schedules.iter().filter_map(|schedule| {
        let part = &schedule.part;
        let timing = parsed(schedule)?.ok()?;
        let expression = timing.expression().to_owned();
        let Some(next) = timing.next_after(now) else {
            let what = format!("no time from now on fits {expression}");
            let fix = NEVER.fix.replace("ScheduleExpression", schedule.expression);
            let line = part.line_of(schedule.expression);
            return Some(NEVER.found(&part.id, line, what).fix(fix));
        };
        let end = part.text("EndDate").known()?;
        let end_ms = end.parse::<jiff::Timestamp>().ok()?.as_millisecond();
        let what = format!("{expression} does not fire before its EndDate, {end}");
        let found = || NEVER.found(&part.id, part.line_of("EndDate"), what);
        let is_over = u64::try_from(end_ms).ok()? <= next;
        is_over.then(|| found().fix("# take out EndDate, or let it lie behind the first firing"))
    });
    never.collect()
}

fn parsed(schedule: &Schedule) -> Option<Result<Timing, ScheduleError>> {
    let Seen::Known(expression) = schedule.part.text(schedule.expression) else {
        return None;
    };
    Some(match schedule.service {
        Service::Rule => Timing::parse_rule(&expression),
        Service::Scheduler => Timing::parse(&expression, None),
    })
}

fn check_input(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for schedule in &stack.schedules {
        for target in &schedule.targets {
            let Some(input) = target.part.at("Input") else {
                continue;
            };
            let must = target.function.is_some() || feeds_a_function(stack, target.queue);
            if let Some(fault) = fault_of(input, must) {
                found.push(INPUT.found(&schedule.part.id, input.line, fault));
            }
        }
    }
    found
}

fn feeds_a_function(stack: &Stack, queue: Option<usize>) -> bool {
    let fed = |queue| {
        stack
            .mappings
            .iter()
            .any(|mapping| mapping.queue == Some(queue))
    };
    queue.is_some_and(fed)
}

fn fault_of(input: &Node, must_be_json: bool) -> Option<String> {
    let Some(text) = input.text() else {
        return Some("`Input` is text that contains JSON, not YAML".to_owned());
    };
    if !must_be_json && !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let error = super::json::parsed(&without_keywords(text)).err()?;
    Some(format!("`Input` is not JSON: {error}"))
}

/// Scheduler replaces its keywords, such as `<aws.scheduler.attempt-number>`, wherever they stand.
fn without_keywords(text: &str) -> String {
    let mut parts = text.split("<aws.scheduler.");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "0" + part.split_once('>').map_or("", |(_, rest)| rest)
    })
}
