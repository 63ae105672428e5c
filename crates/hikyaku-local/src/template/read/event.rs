//! What starts functions: the events of SAM functions, event source mappings, rules and schedules.

use super::super::evaluate::names::Kind;
use super::super::{Function, Ignored, Stack, TemplateError};
use super::block::{Block, Reader};
use super::schedule::Identity;
use super::{Resource, ignored, mapping, properties, schedule};

/// Reads what of a resource starts functions, when queues and functions are known.
pub(super) fn read_triggers(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    stack: &mut Stack,
) -> Result<(), TemplateError> {
    match (Kind::of(resource.kind), resource.kind) {
        (Kind::Function, "AWS::Serverless::Function") => read_events(reader, resource, stack),
        (Kind::Schedule, _) => {
            let block = properties(reader, resource)?;
            let read = schedule::read_scheduler_resource(
                reader,
                stack,
                identity(reader, resource)?,
                &block,
            )?;
            match read {
                Some(schedule) => stack.schedules.push(schedule),
                None => stack.ignored.push(ignored(resource)),
            }
            Ok(())
        }
        (Kind::Rule, _) => read_rule(reader, resource, stack),
        (_, "AWS::Lambda::EventSourceMapping") => {
            let block = properties(reader, resource)?;
            match mapping::read_resource(reader, stack, resource.logical_id, &block)? {
                Some(mapping) => stack.mappings.push(mapping),
                None => stack.ignored.push(ignored(resource)),
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn identity(reader: &Reader<'_>, resource: &Resource<'_>) -> Result<Identity, TemplateError> {
    let (name, arn) = (
        reader.evaluator.name(resource)?,
        reader.evaluator.arn(resource)?,
    );
    Ok(Identity {
        logical_id: resource.logical_id.to_owned(),
        name,
        arn,
    })
}

fn read_rule(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    stack: &mut Stack,
) -> Result<(), TemplateError> {
    let block = properties(reader, resource)?;
    match schedule::read_rule_resource(reader, stack, &identity(reader, resource)?, &block)? {
        Some(schedules) if !schedules.is_empty() => stack.schedules.extend(schedules),
        Some(_) => stack.ignored.push(ignored(resource)),
        None => {
            reader.warn(resource.line, resource.logical_id, PATTERN);
            stack.ignored.push(ignored(resource));
        }
    }
    Ok(())
}

fn read_events(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    stack: &mut Stack,
) -> Result<(), TemplateError> {
    let Some(events) = properties(reader, resource)?.block("Events")? else {
        return Ok(());
    };
    let function = stack
        .functions
        .iter()
        .find(|function| function.logical_id == resource.logical_id)
        .cloned();
    let Some(function) = function else {
        return Ok(());
    };
    for (event_id, block) in events.all_blocks()? {
        read_event(reader, &function, &event_id, &block, stack)?;
    }
    Ok(())
}

fn read_event(
    reader: &Reader<'_>,
    function: &Function,
    event_id: &str,
    block: &Block<'_, '_>,
    stack: &mut Stack,
) -> Result<(), TemplateError> {
    let logical_id = format!("{}.{event_id}", function.logical_id);
    let kind = block.required_text("Type")?;
    if ![
        "SQS",
        "Schedule",
        "ScheduleV2",
        "CloudWatchEvent",
        "EventBridgeRule",
    ]
    .contains(&kind.as_str())
    {
        stack.ignored.push(Ignored {
            logical_id,
            kind,
            line: block.line,
        });
        return Ok(());
    }
    let mut inner = block
        .block("Properties")?
        .ok_or_else(|| block.missing("Properties"))?;
    block.finish();
    // The event is known by the line of its name, not by that of the word `Properties`.
    inner.line = block.line;
    inner.path.clone_from(&block.path);
    match kind.as_str() {
        "SQS" => stack.mappings.push(mapping::read_event(
            reader, stack, function, logical_id, &inner,
        )?),
        "ScheduleV2" => {
            let identity = event_identity(reader, function, event_id, &inner, "scheduler")?;
            stack.schedules.push(schedule::read_scheduler_event(
                reader,
                stack,
                &function.name,
                identity,
                &inner,
            )?);
        }
        _ => {
            let identity = event_identity(reader, function, event_id, &inner, "events")?;
            if let Some(schedule) =
                schedule::read_rule_event(reader, stack, &function.name, identity, &inner)?
            {
                stack.schedules.push(schedule);
            } else {
                reader.warn(block.line, &block.path, PATTERN);
                stack.ignored.push(Ignored {
                    logical_id,
                    kind,
                    line: block.line,
                });
            }
        }
    }
    Ok(())
}

const PATTERN: &str = "a rule with an event pattern does not fire locally";

/// What SAM makes of an event is called after the function and the event, unless the event has a name of its own.
fn event_identity(
    reader: &Reader<'_>,
    function: &Function,
    event_id: &str,
    block: &Block<'_, '_>,
    service: &str,
) -> Result<Identity, TemplateError> {
    let environment = reader.evaluator.environment();
    let stated = match block.text("Name")? {
        Some(name) => Some(name),
        None => block.text("RuleName")?.filter(|_| service == "events"),
    };
    let name = stated.unwrap_or_else(|| {
        format!(
            "{}-{}{event_id}",
            environment.stack_name, function.logical_id
        )
    });
    let resource = match service {
        "scheduler" => format!(
            "schedule/{}/{name}",
            block
                .text("GroupName")?
                .unwrap_or_else(|| "default".to_owned())
        ),
        _ => format!("rule/{name}"),
    };
    let arn = environment.arn(service, &resource);
    Ok(Identity {
        logical_id: format!("{}.{event_id}", function.logical_id),
        name,
        arn,
    })
}
