//! Which name is which action, for every protocol.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sqs::error::SqsError;
use crate::sqs::operations::{Context, messages, move_tasks, queues, receiving};

/// A request that has been received: its input can be read, and the answer written in the same protocol.
pub(super) trait Wire {
    /// The action's input.
    fn read<I: DeserializeOwned>(&self) -> Result<I, SqsError>;

    /// The body of the answer.
    fn write<O: Serialize>(&self, output: &O) -> Result<Vec<u8>, SqsError>;
}

/// Runs the action of that name.
pub(super) async fn run(
    context: &Context,
    action: &str,
    wire: &impl Wire,
) -> Result<Vec<u8>, SqsError> {
    match action {
        "SendMessage" => call(context, wire, messages::send_message),
        "SendMessageBatch" => call(context, wire, messages::send_message_batch),
        "ReceiveMessage" => wire.write(&receiving::receive_message(context, wire.read()?).await?),
        "DeleteMessage" => call(context, wire, messages::delete_message),
        "DeleteMessageBatch" => call(context, wire, messages::delete_message_batch),
        "ChangeMessageVisibility" => call(context, wire, messages::change_message_visibility),
        "ChangeMessageVisibilityBatch" => {
            call(context, wire, messages::change_message_visibility_batch)
        }
        "CreateQueue" => call(context, wire, queues::create_queue),
        "DeleteQueue" => call(context, wire, queues::delete_queue),
        "PurgeQueue" => call(context, wire, queues::purge_queue),
        "GetQueueUrl" => call(context, wire, queues::get_queue_url),
        "ListQueues" => call(context, wire, queues::list_queues),
        "GetQueueAttributes" => call(context, wire, queues::get_queue_attributes),
        "SetQueueAttributes" => call(context, wire, queues::set_queue_attributes),
        "ListDeadLetterSourceQueues" => call(context, wire, queues::list_dead_letter_source_queues),
        "TagQueue" => call(context, wire, queues::tag_queue),
        "UntagQueue" => call(context, wire, queues::untag_queue),
        "ListQueueTags" => call(context, wire, queues::list_queue_tags),
        "StartMessageMoveTask" => call(context, wire, move_tasks::start_message_move_task),
        "CancelMessageMoveTask" => call(context, wire, move_tasks::cancel_message_move_task),
        "ListMessageMoveTasks" => call(context, wire, move_tasks::list_message_move_tasks),
        "AddPermission" | "RemovePermission" => Err(SqsError::UnsupportedOperation(format!(
            "{action} is not offered: there are no permissions on a laptop"
        ))),
        _ => Err(SqsError::UnknownAction(format!("`{action}`"))),
    }
}

fn call<I: DeserializeOwned, O: Serialize>(
    context: &Context,
    wire: &impl Wire,
    action: impl FnOnce(&Context, I) -> Result<O, SqsError>,
) -> Result<Vec<u8>, SqsError> {
    wire.write(&action(context, wire.read()?)?)
}
