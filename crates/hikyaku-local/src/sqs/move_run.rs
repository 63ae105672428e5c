//! How a message move task moves messages: whatever is due, whenever somebody looks.

use super::engine::State;
use super::error::SqsError;
use super::message::Message;
use super::move_task::{MoveTask, MoveTaskStatus};
use super::names::QueueName;

impl State {
    /// Moves what the running tasks may move by now.
    pub(crate) fn run_move_tasks(&mut self, now_ms: u64) {
        if self.tasks.running == 0 {
            return;
        }
        let mut tasks = std::mem::take(&mut self.tasks);
        for task in tasks
            .tasks
            .iter_mut()
            .filter(|task| task.status == MoveTaskStatus::Running)
        {
            while task.status == MoveTaskStatus::Running && task.next_ms() <= now_ms {
                self.move_one(task, now_ms);
            }
        }
        tasks.running = tasks
            .tasks
            .iter()
            .filter(|task| task.status == MoveTaskStatus::Running)
            .count();
        self.tasks = tasks;
    }

    /// When a running task has something to do again.
    pub(crate) fn next_move_ms(&self) -> Option<u64> {
        let running = self
            .tasks
            .tasks
            .iter()
            .filter(|task| task.status == MoveTaskStatus::Running);
        if self.tasks.running == 0 {
            None
        } else {
            running.map(MoveTask::next_ms).min()
        }
    }

    fn move_one(&mut self, task: &mut MoveTask, now_ms: u64) {
        match self.take_for_move(task, now_ms) {
            Ok(Some((message, destination))) => {
                self.put_renewed(message, &destination, now_ms);
                task.moved += 1;
                if task.moved == task.to_move {
                    task.status = MoveTaskStatus::Completed;
                }
            }
            Ok(None) => task.status = MoveTaskStatus::Completed,
            Err(reason) => task.status = MoveTaskStatus::Failed(reason),
        }
    }

    /// The next message with its destination; a message that cannot be moved stays where it is.
    fn take_for_move(
        &mut self,
        task: &MoveTask,
        now_ms: u64,
    ) -> Result<Option<(Message, QueueName)>, &'static str> {
        let missing = SqsError::QueueDoesNotExist.code();
        let source = self.queue(&task.source, now_ms).map_err(|_| missing)?;
        let Some(key) = source.take(1).first().copied() else {
            return Ok(None);
        };
        let original = source
            .message(key)
            .and_then(|message| message.dead_letter_source.clone());
        let original = original.and_then(|arn| self.identity.name_in_arn(&arn));
        let destination = task
            .destination
            .clone()
            .or(original)
            .ok_or("CouldNotDetermineMessageSource");
        let destination = destination.and_then(|name| {
            self.queues
                .contains_key(&name)
                .then_some(name)
                .ok_or(missing)
        });
        let source = self.queues.get_mut(&task.source).ok_or(missing)?;
        match destination {
            Ok(destination) => Ok(source.take_out(key).map(|message| (message, destination))),
            Err(reason) => {
                source.give_back(key);
                Err(reason)
            }
        }
    }

    /// A moved message is a new one: new id, new time, never received (SQS Developer Guide, "dead-letter queue redrive").
    fn put_renewed(&mut self, message: Message, destination: &QueueName, now_ms: u64) {
        let id = self.next_id();
        self.put(destination, Message::new(id, message.content, now_ms), 0);
    }
}
