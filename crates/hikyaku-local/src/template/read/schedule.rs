//! Schedules: the resources of EventBridge and EventBridge Scheduler, and the events of functions that SAM makes into them.

use std::time::Duration;

use super::super::{RetryPolicy, ScheduleOrigin, Stack, StackSchedule, Target, TemplateError};
use super::block::{Block, Reader};
use super::reference;
use crate::schedule::Schedule;
use crate::schedule::event::SchedulerContext;

/// Who a schedule is: everything about it that does not stand in its properties.
pub(super) struct Identity {
    pub(super) logical_id: String,
    pub(super) name: String,
    pub(super) arn: String,
}

/// What both services say of one target.
struct Delivery {
    input: Option<String>,
    retry: RetryPolicy,
    dead_letter_queue: Option<String>,
}

/// An event of type `ScheduleV2`, or an `AWS::Scheduler::Schedule` without its target.
pub(super) fn read_scheduler_times(block: &Block<'_, '_>) -> Result<Schedule, TemplateError> {
    let expression = block.required_text("ScheduleExpression")?;
    let zone = block.text("ScheduleExpressionTimezone")?;
    let parsed = Schedule::parse(&expression, zone.as_deref());
    let mut schedule = parsed.map_err(|error| {
        let key = if error.is_time_zone() {
            "ScheduleExpressionTimezone"
        } else {
            "ScheduleExpression"
        };
        block.invalid(key, error.to_string())
    })?;
    if let Some(start_ms) = read_date(block, "StartDate")? {
        schedule = schedule.starting_at(start_ms);
    }
    if let Some(end_ms) = read_date(block, "EndDate")? {
        schedule = schedule.ending_at(end_ms);
    }
    Ok(schedule)
}

fn read_date(block: &Block<'_, '_>, key: &'static str) -> Result<Option<u64>, TemplateError> {
    let Some(text) = block.text(key)? else {
        return Ok(None);
    };
    let instant = text
        .parse::<jiff::Timestamp>()
        .ok()
        .and_then(|instant| u64::try_from(instant.as_millisecond()).ok());
    instant.map(Some).ok_or_else(|| {
        block.invalid(
            key,
            format!("`{text}` is not a time such as 2027-01-31T09:00:00Z"),
        )
    })
}

/// A `ScheduleV2` event of a function.
pub(super) fn read_scheduler_event(
    reader: &Reader<'_>,
    stack: &Stack,
    function: &str,
    identity: Identity,
    block: &Block<'_, '_>,
) -> Result<StackSchedule, TemplateError> {
    block.skip(&[
        "Description",
        "GroupName",
        "KmsKeyArn",
        "Name",
        "OmitName",
        "PermissionsBoundary",
        "RoleArn",
    ]);
    let target = Target::Function(function.to_owned());
    let schedule = read_scheduler_times(block)?;
    let (enabled, flexible_window) = (read_state(block)?, read_flexible_window(block)?);
    let delivery = read_delivery(reader, stack, block, &target, ScheduleOrigin::Scheduler)?;
    block.finish();
    Ok(assemble(
        identity,
        ScheduleOrigin::Scheduler,
        schedule,
        target,
        delivery,
        enabled,
        flexible_window,
        block.line,
    ))
}

/// An `AWS::Scheduler::Schedule`; `None` when its target is not run locally.
pub(super) fn read_scheduler_resource(
    reader: &Reader<'_>,
    stack: &Stack,
    identity: Identity,
    block: &Block<'_, '_>,
) -> Result<Option<StackSchedule>, TemplateError> {
    block.skip(&[
        "ActionAfterCompletion",
        "Description",
        "GroupName",
        "KmsKeyArn",
        "Name",
    ]);
    let schedule = read_scheduler_times(block)?;
    let (enabled, flexible_window) = (read_state(block)?, read_flexible_window(block)?);
    let inner = block
        .block("Target")?
        .ok_or_else(|| block.missing("Target"))?;
    block.finish();
    inner.skip(&["RoleArn"]);
    let Some(target) = read_target(reader, stack, &inner)? else {
        return Ok(None);
    };
    let delivery = read_delivery(reader, stack, &inner, &target, ScheduleOrigin::Scheduler)?;
    inner.finish();
    let line = block.line;
    Ok(Some(assemble(
        identity,
        ScheduleOrigin::Scheduler,
        schedule,
        target,
        delivery,
        enabled,
        flexible_window,
        line,
    )))
}

/// A `Schedule`, `CloudWatchEvent` or `EventBridgeRule` event of a function; `None` when it has a pattern and no schedule.
pub(super) fn read_rule_event(
    reader: &Reader<'_>,
    stack: &Stack,
    function: &str,
    identity: Identity,
    block: &Block<'_, '_>,
) -> Result<Option<StackSchedule>, TemplateError> {
    block.skip(&[
        "Description",
        "EventBusName",
        "Name",
        "Pattern",
        "RoleArn",
        "RuleName",
        "Target",
    ]);
    let key = if block.text("Schedule")?.is_some() {
        "Schedule"
    } else {
        "ScheduleExpression"
    };
    let Some(expression) = block.text(key)? else {
        return Ok(None);
    };
    let schedule =
        Schedule::parse_rule(&expression).map_err(|error| block.invalid(key, error.to_string()))?;
    let enabled = block.flag("Enabled")?.unwrap_or(true) && read_state(block)?;
    let target = Target::Function(function.to_owned());
    let delivery = read_delivery(reader, stack, block, &target, ScheduleOrigin::Rule)?;
    block.finish();
    Ok(Some(assemble(
        identity,
        ScheduleOrigin::Rule,
        schedule,
        target,
        delivery,
        enabled,
        None,
        block.line,
    )))
}

/// An `AWS::Events::Rule`: one entry for each target that is run locally. `None` when it has a pattern and no schedule.
pub(super) fn read_rule_resource(
    reader: &Reader<'_>,
    stack: &Stack,
    identity: &Identity,
    block: &Block<'_, '_>,
) -> Result<Option<Vec<StackSchedule>>, TemplateError> {
    block.skip(&[
        "Description",
        "EventBusName",
        "EventPattern",
        "Name",
        "RoleArn",
        "Tags",
    ]);
    let Some(expression) = block.text("ScheduleExpression")? else {
        return Ok(None);
    };
    let schedule = Schedule::parse_rule(&expression)
        .map_err(|error| block.invalid("ScheduleExpression", error.to_string()))?;
    let enabled = read_state(block)?;
    let targets = block.blocks("Targets")?;
    block.finish();
    if targets.len() > 5 {
        return Err(block.invalid("Targets", "a rule has at most 5 targets"));
    }
    let mut schedules = Vec::new();
    for inner in &targets {
        inner.skip(&["Id", "RoleArn"]);
        let Some(target) = read_target(reader, stack, inner)? else {
            continue;
        };
        let delivery = read_delivery(reader, stack, inner, &target, ScheduleOrigin::Rule)?;
        inner.finish();
        let identity = Identity {
            logical_id: identity.logical_id.clone(),
            name: identity.name.clone(),
            arn: identity.arn.clone(),
        };
        schedules.push(assemble(
            identity,
            ScheduleOrigin::Rule,
            schedule.clone(),
            target,
            delivery,
            enabled,
            None,
            block.line,
        ));
    }
    Ok(Some(schedules))
}

#[expect(clippy::too_many_arguments, reason = "each is a field of the result")]
fn assemble(
    identity: Identity,
    origin: ScheduleOrigin,
    schedule: Schedule,
    target: Target,
    delivery: Delivery,
    enabled: bool,
    flexible_window: Option<Duration>,
    line: usize,
) -> StackSchedule {
    let Identity {
        logical_id,
        name,
        arn,
    } = identity;
    let Delivery {
        input,
        retry,
        dead_letter_queue,
    } = delivery;
    StackSchedule {
        logical_id,
        name,
        arn,
        line,
        origin,
        schedule,
        target,
        input,
        enabled,
        flexible_window,
        retry,
        dead_letter_queue,
    }
}

fn read_state(block: &Block<'_, '_>) -> Result<bool, TemplateError> {
    let states = [
        "ENABLED",
        "DISABLED",
        "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    ];
    Ok(block.word("State", &states)?.as_deref() != Some("DISABLED"))
}

fn read_flexible_window(block: &Block<'_, '_>) -> Result<Option<Duration>, TemplateError> {
    let Some(window) = block.block("FlexibleTimeWindow")? else {
        return Ok(None);
    };
    let mode = window
        .word("Mode", &["OFF", "FLEXIBLE"])?
        .ok_or_else(|| window.missing("Mode"))?;
    let minutes = window.number("MaximumWindowInMinutes", 1..=1_440)?;
    window.finish();
    match (mode.as_str(), minutes) {
        ("FLEXIBLE", None) => Err(window.missing("MaximumWindowInMinutes")),
        ("FLEXIBLE", Some(minutes)) => Ok(Some(Duration::from_mins(minutes.into()))),
        (_, Some(_)) => Err(window.invalid("MaximumWindowInMinutes", "it needs `Mode: FLEXIBLE`")),
        (_, None) => Ok(None),
    }
}

/// The target of an ARN; `None`, with a warning, when it is not run locally.
fn read_target(
    reader: &Reader<'_>,
    stack: &Stack,
    block: &Block<'_, '_>,
) -> Result<Option<Target>, TemplateError> {
    let arn = block.required_text("Arn")?;
    let group = match block.block("SqsParameters")? {
        None => None,
        Some(parameters) => {
            let group = parameters.text("MessageGroupId")?;
            parameters.finish();
            group
        }
    };
    if let Some(name) = reference::queue_by_arn(reader, &arn)? {
        let queue = stack.queues.iter().find(|queue| queue.name == name);
        if queue.is_some_and(|queue| queue.fifo && group.is_none()) {
            return Err(block.invalid("Arn", "a FIFO queue needs `SqsParameters.MessageGroupId`"));
        }
        if queue.is_some_and(|queue| queue.fifo && !queue.content_based_deduplication) {
            return Err(block.invalid(
                "Arn",
                "a FIFO queue that a schedule fills needs `ContentBasedDeduplication: true`",
            ));
        }
        return Ok(Some(Target::Queue {
            name,
            message_group_id: group,
        }));
    }
    if let Some(name) = reference::function(reader, &arn)? {
        return Ok(Some(Target::Function(name)));
    }
    match arn.split(':').nth(2) {
        Some("sqs" | "lambda") => Err(block.invalid(
            "Arn",
            format!("`{arn}` is no queue and no function of this template"),
        )),
        Some(_) => {
            block.warn(
                "Arn",
                format!("`{arn}` is not run locally: this schedule does not fire"),
            );
            Ok(None)
        }
        None => Err(block.invalid(
            "Arn",
            format!("`{arn}` is not an ARN: use `!GetAtt Name.Arn`"),
        )),
    }
}

fn read_delivery(
    reader: &Reader<'_>,
    stack: &Stack,
    block: &Block<'_, '_>,
    target: &Target,
    origin: ScheduleOrigin,
) -> Result<Delivery, TemplateError> {
    if block.block("InputTransformer")?.is_some() {
        return Err(block.invalid(
            "InputTransformer",
            "it is not supported locally: write an `Input`",
        ));
    }
    if origin == ScheduleOrigin::Rule && block.value("InputPath")?.is_some() {
        return Err(block.invalid("InputPath", "it is not supported locally: write an `Input`"));
    }
    let input = block.text("Input")?;
    check_input(block, input.as_deref(), target, origin)?;
    Ok(Delivery {
        input,
        retry: read_retry(block)?,
        dead_letter_queue: read_dead_letter(reader, stack, block)?,
    })
}

/// Functions take JSON, and a rule's input is JSON for any target; the Scheduler sends a queue any text.
fn check_input(
    block: &Block<'_, '_>,
    input: Option<&str>,
    target: &Target,
    origin: ScheduleOrigin,
) -> Result<(), TemplateError> {
    let free = origin == ScheduleOrigin::Scheduler && matches!(target, Target::Queue { .. });
    let Some(input) = input.filter(|_| !free) else {
        return Ok(());
    };
    // A context attribute may stand for a number, outside quotes.
    let context = SchedulerContext {
        schedule_arn: "arn",
        scheduled_time_ms: 0,
        execution_id: "0",
        attempt_number: 1,
    };
    let input = if origin == ScheduleOrigin::Scheduler {
        context.substitute(input)
    } else {
        input.to_owned()
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&input) {
        Ok(_) => Ok(()),
        Err(error) => Err(block.invalid("Input", format!("it must be JSON: {error}"))),
    }
}

fn read_retry(block: &Block<'_, '_>) -> Result<RetryPolicy, TemplateError> {
    let default = RetryPolicy::default();
    let Some(policy) = block.block("RetryPolicy")? else {
        return Ok(default);
    };
    let attempts = policy.number("MaximumRetryAttempts", 0..=185)?;
    let age = policy.number("MaximumEventAgeInSeconds", 60..=86_400)?;
    policy.finish();
    Ok(RetryPolicy {
        maximum_retry_attempts: attempts.unwrap_or(default.maximum_retry_attempts),
        maximum_event_age: age.map_or(default.maximum_event_age, |seconds| {
            Duration::from_secs(seconds.into())
        }),
    })
}

fn read_dead_letter(
    reader: &Reader<'_>,
    stack: &Stack,
    block: &Block<'_, '_>,
) -> Result<Option<String>, TemplateError> {
    let Some(config) = block.block("DeadLetterConfig")? else {
        return Ok(None);
    };
    config.skip(&["QueueLogicalId", "Type"]);
    let Some(arn) = config.text("Arn")? else {
        config.warn(
            "Type",
            "SAM makes a queue of its own here, which is not run locally: state an `Arn`",
        );
        return Ok(None);
    };
    config.finish();
    let Some(name) = reference::queue_by_arn(reader, &arn)? else {
        return Err(config.invalid("Arn", format!("`{arn}` is no queue of this template")));
    };
    if stack
        .queues
        .iter()
        .any(|queue| queue.name == name && queue.fifo)
    {
        return Err(config.invalid(
            "Arn",
            format!("`{name}` is a FIFO queue; deliveries that failed need a standard one"),
        ));
    }
    Ok(Some(name))
}
