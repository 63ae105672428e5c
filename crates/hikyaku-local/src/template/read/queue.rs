//! `AWS::SQS::Queue`.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::{Queue, Redrive, RedriveAllow, TemplateError};
use super::block::{Block, Reader};
use super::{Resource, properties};

/// Reads a queue. Limits are those of the page `SetQueueAttributes` of the SQS API reference.
pub(super) fn read(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    name: String,
    arn: String,
) -> Result<Queue, TemplateError> {
    let block = properties(reader, resource)?;
    block.skip(&[
        "QueueName",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "SqsManagedSseEnabled",
        "Tags",
    ]);
    let fifo = block.flag("FifoQueue")?.unwrap_or(false);
    check_name(&block, &name, fifo)?;
    let seconds = |key, limits: RangeInclusive<u32>, default| -> Result<Duration, TemplateError> {
        Ok(Duration::from_secs(
            block.number(key, limits)?.unwrap_or(default).into(),
        ))
    };
    let queue = Queue {
        logical_id: resource.logical_id.to_owned(),
        url: reader.evaluator.environment().queue_url(&name),
        name,
        arn,
        line: resource.line,
        fifo,
        content_based_deduplication: block.flag("ContentBasedDeduplication")?.unwrap_or(false),
        deduplication_scope: block.word("DeduplicationScope", &["queue", "messageGroup"])?,
        fifo_throughput_limit: block
            .word("FifoThroughputLimit", &["perQueue", "perMessageGroupId"])?,
        visibility_timeout: seconds("VisibilityTimeout", 0..=43_200, 30)?,
        retention: seconds("MessageRetentionPeriod", 60..=1_209_600, 345_600)?,
        delay: seconds("DelaySeconds", 0..=900, 0)?,
        receive_wait: seconds("ReceiveMessageWaitTimeSeconds", 0..=20, 0)?,
        maximum_message_size: block
            .number("MaximumMessageSize", 1_024..=1_048_576)?
            .unwrap_or(1_048_576),
        redrive: read_redrive(&block)?,
        redrive_allow: read_redrive_allow(&block)?,
    };
    check_fifo_properties(&block, &queue)?;
    block.finish();
    Ok(queue)
}

fn check_name(block: &Block<'_, '_>, name: &str, fifo: bool) -> Result<(), TemplateError> {
    let stem = name.strip_suffix(".fifo");
    if fifo != stem.is_some() {
        let reason = if fifo {
            "a FIFO queue's name must end in .fifo"
        } else {
            "a name in .fifo needs `FifoQueue: true`"
        };
        return Err(block.invalid("QueueName", format!("`{name}`: {reason}")));
    }
    let letters = stem
        .unwrap_or(name)
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !letters || name.is_empty() || name.len() > 80 {
        return Err(block.invalid(
            "QueueName",
            format!("`{name}`: up to 80 letters, digits, `-` and `_` are taken"),
        ));
    }
    Ok(())
}

fn check_fifo_properties(block: &Block<'_, '_>, queue: &Queue) -> Result<(), TemplateError> {
    let set = [
        (
            "ContentBasedDeduplication",
            queue.content_based_deduplication,
        ),
        ("DeduplicationScope", queue.deduplication_scope.is_some()),
        ("FifoThroughputLimit", queue.fifo_throughput_limit.is_some()),
    ];
    match set.into_iter().find(|(_, set)| *set && !queue.fifo) {
        Some((key, _)) => Err(block.invalid(
            key,
            "this is for FIFO queues: add `FifoQueue: true` or remove it",
        )),
        None => Ok(()),
    }
}

fn read_redrive(block: &Block<'_, '_>) -> Result<Option<Redrive>, TemplateError> {
    let Some(policy) = block.block_or_json("RedrivePolicy")? else {
        return Ok(None);
    };
    let max_receive_count = policy.number("maxReceiveCount", 1..=1_000)?;
    let arn = policy.required_text("deadLetterTargetArn")?;
    let redrive = Redrive {
        max_receive_count: max_receive_count.ok_or_else(|| policy.missing("maxReceiveCount"))?,
        dead_letter_queue: arn.rsplit(':').next().unwrap_or_default().to_owned(),
        dead_letter_arn: arn,
        line: policy.line,
    };
    policy.finish();
    Ok(Some(redrive))
}

fn read_redrive_allow(block: &Block<'_, '_>) -> Result<RedriveAllow, TemplateError> {
    let Some(policy) = block.block_or_json("RedriveAllowPolicy")? else {
        return Ok(RedriveAllow::All);
    };
    let permission = policy.word("redrivePermission", &["allowAll", "denyAll", "byQueue"])?;
    let sources: Vec<String> = policy
        .texts("sourceQueueArns")?
        .into_iter()
        .map(|(arn, _)| arn)
        .collect();
    policy.finish();
    match permission.as_deref() {
        None => Err(policy.missing("redrivePermission")),
        Some("denyAll") => Ok(RedriveAllow::None),
        Some("byQueue") if sources.is_empty() || sources.len() > 10 => {
            Err(policy.invalid("sourceQueueArns", "`byQueue` needs 1 to 10 queues here"))
        }
        Some("byQueue") => Ok(RedriveAllow::Queues(sources)),
        Some(_) => Ok(RedriveAllow::All),
    }
}

/// What can only be checked when all queues are known: that each dead-letter queue is there, of the same type and willing.
pub(super) fn check_redrives(reader: &Reader<'_>, queues: &[Queue]) -> Result<(), TemplateError> {
    for queue in queues {
        let Some(redrive) = &queue.redrive else {
            continue;
        };
        let path = format!("{}.RedrivePolicy", queue.logical_id);
        let refuse = |reason: String| Err(reader.invalid(redrive.line, &path, reason));
        let Some(target) = queues
            .iter()
            .find(|target| target.arn == redrive.dead_letter_arn)
        else {
            return refuse(format!(
                "`{}` is no queue of this template",
                redrive.dead_letter_arn
            ));
        };
        if target.fifo != queue.fifo {
            let kind = if queue.fifo { "FIFO" } else { "standard" };
            return refuse(format!(
                "the dead-letter queue of a {kind} queue must be {kind} too; `{}` is not",
                target.logical_id
            ));
        }
        let allowed = match &target.redrive_allow {
            RedriveAllow::All => true,
            RedriveAllow::None => false,
            RedriveAllow::Queues(arns) => arns.contains(&queue.arn),
        };
        if !allowed {
            return refuse(format!(
                "the RedriveAllowPolicy of `{}` ({}) does not allow this queue",
                target.logical_id,
                reader.seen_from(queue.line, target.line)
            ));
        }
    }
    Ok(())
}
