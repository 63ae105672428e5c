//! Actions on message move tasks.

use serde::{Deserialize, Serialize};

use super::{Context, required};
use crate::sqs::error::SqsError;
use crate::sqs::limits;
use crate::sqs::move_task::{MoveTask, MoveTaskStatus, RATES};
use crate::sqs::names::Identity;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartMessageMoveTaskInput {
    source_arn: Option<String>,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartMessageMoveTaskOutput {
    task_handle: String,
}

pub(crate) fn start_message_move_task(
    context: &Context,
    input: StartMessageMoveTaskInput,
) -> Result<StartMessageMoveTaskOutput, SqsError> {
    let source = required("SourceArn", input.source_arn)?;
    let rate = input.max_number_of_messages_per_second;
    let rate = rate
        .map(|given| limits::within("MaxNumberOfMessagesPerSecond", given, &RATES))
        .transpose()?;
    let task_handle =
        context
            .sqs
            .start_move_task(&source, input.destination_arn.as_deref(), rate)?;
    Ok(StartMessageMoveTaskOutput { task_handle })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelMessageMoveTaskInput {
    task_handle: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelMessageMoveTaskOutput {
    approximate_number_of_messages_moved: u64,
}

pub(crate) fn cancel_message_move_task(
    context: &Context,
    input: CancelMessageMoveTaskInput,
) -> Result<CancelMessageMoveTaskOutput, SqsError> {
    let moved = context
        .sqs
        .cancel_move_task(&required("TaskHandle", input.task_handle)?)?;
    Ok(CancelMessageMoveTaskOutput {
        approximate_number_of_messages_moved: moved,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListMessageMoveTasksInput {
    source_arn: Option<String>,
    max_results: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListMessageMoveTasksOutput {
    results: Vec<TaskShape>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TaskShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    task_handle: Option<String>,
    status: &'static str,
    source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_number_of_messages_per_second: Option<u32>,
    approximate_number_of_messages_moved: u64,
    approximate_number_of_messages_to_move: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'static str>,
    started_timestamp: u64,
}

pub(crate) fn list_message_move_tasks(
    context: &Context,
    input: ListMessageMoveTasksInput,
) -> Result<ListMessageMoveTasksOutput, SqsError> {
    let source = required("SourceArn", input.source_arn)?;
    let max = limits::within("MaxResults", input.max_results.unwrap_or(1), &(1..=10))?;
    let tasks = context
        .sqs
        .move_tasks(&source)?
        .into_iter()
        .take(max as usize);
    Ok(ListMessageMoveTasksOutput {
        results: tasks
            .map(|task| TaskShape::new(task, context.sqs.identity()))
            .collect(),
    })
}

impl TaskShape {
    fn new(task: MoveTask, identity: &Identity) -> Self {
        let (status, failure_reason) = match task.status {
            MoveTaskStatus::Running => ("RUNNING", None),
            MoveTaskStatus::Completed => ("COMPLETED", None),
            MoveTaskStatus::Cancelled => ("CANCELLED", None),
            MoveTaskStatus::Failed(reason) => ("FAILED", Some(reason)),
        };
        Self {
            task_handle: (status == "RUNNING").then_some(task.handle),
            status,
            source_arn: identity.arn(&task.source),
            destination_arn: task.destination.map(|name| identity.arn(&name)),
            max_number_of_messages_per_second: task.messages_per_second,
            approximate_number_of_messages_moved: task.moved,
            approximate_number_of_messages_to_move: task.to_move,
            failure_reason,
            started_timestamp: task.started_ms,
        }
    }
}
