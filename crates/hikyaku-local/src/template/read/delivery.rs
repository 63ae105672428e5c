//! What a schedule reaches, what it brings there, and what becomes of it when that fails.

use std::time::Duration;

use super::super::{RetryPolicy, ScheduleOrigin, Stack, Target, TemplateError};
use super::block::{Block, Reader};
use super::reference;
use crate::schedule::event::SchedulerContext;

/// What both services say of one target.
pub(super) struct Delivery {
    pub(super) input: Option<String>,
    pub(super) retry: RetryPolicy,
    pub(super) dead_letter_queue: Option<String>,
}

/// The target of an ARN; `None`, with a warning, when it is not run locally.
pub(super) fn read_target(
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

/// Reads everything about a target but its ARN.
pub(super) fn read_delivery(
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
