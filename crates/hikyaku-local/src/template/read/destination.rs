//! What becomes of asynchronous invocations that failed.

use std::time::Duration;

use super::super::{AsyncPolicy, Destination, Function, TemplateError};
use super::block::{Block, Reader};
use super::{Resource, properties, reference};

/// Reads `EventInvokeConfig`, or the properties of `AWS::Lambda::EventInvokeConfig`, which share their names.
pub(super) fn read_async_policy(
    reader: &Reader<'_>,
    block: &Block<'_, '_>,
) -> Result<AsyncPolicy, TemplateError> {
    let default = AsyncPolicy::default();
    let mut policy = AsyncPolicy {
        maximum_retry_attempts: block
            .number("MaximumRetryAttempts", 0..=2)?
            .unwrap_or(default.maximum_retry_attempts),
        maximum_event_age: match block.number("MaximumEventAgeInSeconds", 60..=21_600)? {
            Some(seconds) => Duration::from_secs(seconds.into()),
            None => default.maximum_event_age,
        },
        ..default
    };
    if let Some(config) = block.block("DestinationConfig")? {
        policy.on_failure = read_destination(reader, &config, "OnFailure")?;
        policy.on_success = read_destination(reader, &config, "OnSuccess")?;
        config.finish();
    }
    block.finish();
    Ok(policy)
}

fn read_destination(
    reader: &Reader<'_>,
    config: &Block<'_, '_>,
    key: &'static str,
) -> Result<Option<Destination>, TemplateError> {
    let Some(block) = config.block(key)? else {
        return Ok(None);
    };
    let kind = block.word("Type", &["SQS", "SNS", "Lambda", "EventBridge", "S3Bucket"])?;
    let Some(arn) = block.text("Destination")? else {
        if kind.is_none() {
            return Err(block.missing("Destination"));
        }
        block.warn(
            "Type",
            "SAM makes a resource of its own here, which is not run locally: state a `Destination`",
        );
        return Ok(None);
    };
    block.finish();
    classify(reader, &arn, block.line_of("Destination"), &block.path).map(Some)
}

/// Reads SAM's `DeadLetterQueue` or CloudFormation's `DeadLetterConfig`.
pub(super) fn read_dead_letter(
    reader: &Reader<'_>,
    block: &Block<'_, '_>,
) -> Result<Option<Destination>, TemplateError> {
    for key in ["DeadLetterQueue", "DeadLetterConfig"] {
        let Some(config) = block.block(key)? else {
            continue;
        };
        config.skip(&["Type"]);
        let arn = config.required_text("TargetArn")?;
        config.finish();
        let destination = classify(reader, &arn, config.line_of("TargetArn"), &config.path)?;
        if matches!(destination, Destination::Function(_)) {
            return Err(config.invalid(
                "TargetArn",
                "a dead-letter queue is an SQS queue or an SNS topic",
            ));
        }
        return Ok(Some(destination));
    }
    Ok(None)
}

fn classify(
    reader: &Reader<'_>,
    arn: &str,
    line: usize,
    path: &str,
) -> Result<Destination, TemplateError> {
    if let Some(queue) = reference::queue_by_arn(reader, arn)? {
        return Ok(Destination::Queue(queue));
    }
    if let Some(function) = reference::function(reader, arn)? {
        return Ok(Destination::Function(function));
    }
    if !arn.starts_with("arn:") {
        return Err(reader.invalid(
            line,
            path,
            format!("`{arn}` is not an ARN: use `!GetAtt Name.Arn`"),
        ));
    }
    reader.warn(
        line,
        path,
        format!("`{arn}` is not run locally: nothing is delivered there"),
    );
    Ok(Destination::Elsewhere(arn.to_owned()))
}

/// Reads an `AWS::Lambda::EventInvokeConfig` into the function it belongs to.
pub(super) fn apply_invoke_config(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    functions: &mut [Function],
) -> Result<(), TemplateError> {
    let block = properties(reader, resource)?;
    block.skip(&["Qualifier"]);
    let named = block.required_text("FunctionName")?;
    let name = reference::function(reader, &named)?;
    let function =
        name.and_then(|name| functions.iter_mut().find(|function| function.name == name));
    let Some(function) = function else {
        return Err(block.invalid(
            "FunctionName",
            format!("`{named}` is no function of this template"),
        ));
    };
    function.asynchronous = read_async_policy(reader, &block)?;
    Ok(())
}
