//! SQS events of functions and `AWS::Lambda::EventSourceMapping`.

use std::time::Duration;

use super::super::{Function, Mapping, Queue, Stack, TemplateError};
use super::block::{Block, Reader};
use super::reference;

/// Properties that both forms have and that change nothing here.
const SKIPPED: &[&str] = &["KmsKeyArn", "LoggingConfig", "MetricsConfig", "Tags"];

/// Reads an event of type SQS.
pub(super) fn read_event(
    reader: &Reader<'_>,
    stack: &Stack,
    function: &Function,
    logical_id: String,
    block: &Block<'_, '_>,
) -> Result<Mapping, TemplateError> {
    let arn = block.required_text("Queue")?;
    let queue = find_queue(reader, stack, block, "Queue", &arn)?;
    read_mapping(block, "Queue", queue, function, logical_id)
}

/// Reads the resource, or `None` when its source is no queue.
pub(super) fn read_resource(
    reader: &Reader<'_>,
    stack: &Stack,
    logical_id: &str,
    block: &Block<'_, '_>,
) -> Result<Option<Mapping>, TemplateError> {
    let Some(arn) = block
        .text("EventSourceArn")?
        .filter(|arn| arn.split(':').nth(2) == Some("sqs"))
    else {
        return Ok(None);
    };
    let queue = find_queue(reader, stack, block, "EventSourceArn", &arn)?;
    let named = block.required_text("FunctionName")?;
    let name = reference::function(reader, &named)?;
    let function = name.and_then(|name| {
        stack
            .functions
            .iter()
            .find(|function| function.name == name)
    });
    let function = function.ok_or_else(|| {
        block.invalid(
            "FunctionName",
            format!("`{named}` is no function of this template"),
        )
    })?;
    read_mapping(
        block,
        "EventSourceArn",
        queue,
        function,
        logical_id.to_owned(),
    )
    .map(Some)
}

fn find_queue<'s>(
    reader: &Reader<'_>,
    stack: &'s Stack,
    block: &Block<'_, '_>,
    key: &'static str,
    arn: &str,
) -> Result<&'s Queue, TemplateError> {
    let name = reference::queue_by_arn(reader, arn)?;
    let queue = name.and_then(|name| stack.queues.iter().find(|queue| queue.name == name));
    queue.ok_or_else(|| {
        let hint = if arn.starts_with("arn:") {
            ""
        } else {
            ": an ARN is needed, such as `!GetAtt Orders.Arn`"
        };
        block.invalid(key, format!("`{arn}` is no queue of this template{hint}"))
    })
}

/// `queue_key` is the property that names the queue.
fn read_mapping(
    block: &Block<'_, '_>,
    queue_key: &str,
    queue: &Queue,
    function: &Function,
    logical_id: String,
) -> Result<Mapping, TemplateError> {
    block.skip(SKIPPED);
    refuse_filters(block)?;
    let mapping = Mapping {
        logical_id,
        line: block.line,
        queue: queue.name.clone(),
        function: function.name.clone(),
        batch_size: block.number("BatchSize", 1..=10_000)?.unwrap_or(10),
        window: Duration::from_secs(
            block
                .number("MaximumBatchingWindowInSeconds", 0..=300)?
                .unwrap_or(0)
                .into(),
        ),
        maximum_concurrency: read_concurrency(block)?,
        report_batch_item_failures: reads_failures(block)?,
        enabled: block.flag("Enabled")?.unwrap_or(true),
    };
    check_batch(block, &mapping, queue)?;
    check_visibility(block, queue_key, queue, function)?;
    block.finish();
    Ok(mapping)
}

/// A filter deletes what does not match. To ignore it would run jobs that AWS never runs, so it is refused.
fn refuse_filters(block: &Block<'_, '_>) -> Result<(), TemplateError> {
    let Some(criteria) = block.block("FilterCriteria")? else {
        return Ok(());
    };
    if criteria.blocks("Filters")?.is_empty() {
        return Ok(());
    }
    let reason = "filters are not supported locally, and AWS deletes every message that matches none: remove them, or give each kind of job its own queue";
    Err(block.invalid("FilterCriteria", reason))
}

fn read_concurrency(block: &Block<'_, '_>) -> Result<Option<u32>, TemplateError> {
    let maximum = match block.block("ScalingConfig")? {
        None => None,
        Some(config) => {
            let maximum = config.number("MaximumConcurrency", 2..=1_000)?;
            config.finish();
            maximum
        }
    };
    if block.block("ProvisionedPollerConfig")?.is_some() && maximum.is_some() {
        return Err(block.invalid(
            "ProvisionedPollerConfig",
            "it excludes `ScalingConfig`: keep one of the two",
        ));
    }
    Ok(maximum)
}

fn reads_failures(block: &Block<'_, '_>) -> Result<bool, TemplateError> {
    let types = block.texts("FunctionResponseTypes")?;
    match types
        .iter()
        .find(|(text, _)| text != "ReportBatchItemFailures")
    {
        Some((text, _)) => Err(block.invalid(
            "FunctionResponseTypes",
            format!("`{text}` is not `ReportBatchItemFailures`"),
        )),
        None => Ok(!types.is_empty()),
    }
}

/// What Lambda refuses (page "Creating and configuring an Amazon SQS event source mapping").
fn check_batch(
    block: &Block<'_, '_>,
    mapping: &Mapping,
    queue: &Queue,
) -> Result<(), TemplateError> {
    if queue.fifo && mapping.batch_size > 10 {
        return Err(block.invalid(
            "BatchSize",
            format!(
                "`{}` is a FIFO queue, which takes at most 10",
                queue.logical_id
            ),
        ));
    }
    if queue.fifo && !mapping.window.is_zero() {
        let reason = format!(
            "`{}` is a FIFO queue, which has no batching window: remove it",
            queue.logical_id
        );
        return Err(block.invalid("MaximumBatchingWindowInSeconds", reason));
    }
    if mapping.batch_size > 10 && mapping.window.is_zero() {
        return Err(block.invalid(
            "BatchSize",
            "more than 10 need a `MaximumBatchingWindowInSeconds` of at least 1",
        ));
    }
    Ok(())
}

fn check_visibility(
    block: &Block<'_, '_>,
    queue_key: &str,
    queue: &Queue,
    function: &Function,
) -> Result<(), TemplateError> {
    let (timeout, visibility) = (
        function.timeout.as_secs(),
        queue.visibility_timeout.as_secs(),
    );
    if timeout <= visibility {
        return Ok(());
    }
    let place = block.reader.seen_from(block.line, queue.line);
    let (function, queue) = (&function.logical_id, &queue.logical_id);
    let reason = format!(
        "the timeout of `{function}` ({timeout} s) is longer than the visibility timeout of `{queue}` ({visibility} s, {place}), \
         which Lambda refuses: make it six times the timeout, {} s",
        6 * timeout
    );
    Err(block.invalid(queue_key, reason))
}
