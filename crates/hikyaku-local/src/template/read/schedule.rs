//! Schedules: the resources of EventBridge and EventBridge Scheduler, and the events of functions that SAM makes into them.

use std::time::Duration;

use super::super::{ScheduleOrigin, Stack, StackSchedule, Target, TemplateError};
use super::block::{Block, Reader};
use super::delivery::{Delivery, read_delivery, read_target};
use crate::schedule::Schedule;

/// Who a schedule is: everything about it that does not stand in its properties.
pub(super) struct Identity {
    pub(super) logical_id: String,
    pub(super) name: String,
    pub(super) arn: String,
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
