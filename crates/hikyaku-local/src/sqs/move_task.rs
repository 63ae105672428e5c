//! Message move tasks: dead letters on their way back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::engine::{Sqs, State};
use super::error::SqsError;
use super::names::QueueName;

/// How many messages a second a task may be limited to (API Reference, `StartMessageMoveTask`).
pub(crate) const RATES: std::ops::RangeInclusive<u32> = 1..=500;
/// How many finished tasks of a queue can be listed (API Reference, `ListMessageMoveTasks`).
const LISTED: usize = 10;

/// What has become of a move task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveTaskStatus {
    /// Messages are being moved.
    Running,
    /// Every message that could be moved was.
    Completed,
    /// It was stopped; what was moved stays moved.
    Cancelled,
    /// It could not go on, for this reason (a code, as in the API).
    Failed(&'static str),
}

/// A message move task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveTask {
    /// Names the task when it is cancelled.
    pub handle: String,
    /// Whether it runs.
    pub status: MoveTaskStatus,
    /// The dead-letter queue.
    pub source: QueueName,
    /// Where the messages go; `None` is the queue that each came from.
    pub destination: Option<QueueName>,
    /// Messages a second; `None` is as fast as possible.
    pub messages_per_second: Option<u32>,
    /// How many messages were moved.
    pub moved: u64,
    /// How many messages there were at the start.
    pub to_move: u64,
    /// Milliseconds since 1970.
    pub started_ms: u64,
}

/// All tasks, oldest first.
#[derive(Debug, Default)]
pub(crate) struct MoveTasks {
    pub(crate) tasks: Vec<MoveTask>,
    /// How many of them run.
    pub(crate) running: usize,
}

/// What a task handle holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HandleText {
    task_id: String,
    source_arn: String,
}

impl Sqs {
    /// Starts to move the messages of a dead-letter queue, to `destination` or back to where each came from, as new
    /// messages. Returns the task's handle.
    pub fn start_move_task(
        &self,
        source_arn: &str,
        destination_arn: Option<&str>,
        messages_per_second: Option<u32>,
    ) -> Result<String, SqsError> {
        if let Some(rate) = messages_per_second {
            super::limits::within("MaxNumberOfMessagesPerSecond", rate.into(), &RATES)?;
        }
        let source = self.named(source_arn, "SourceArn")?;
        let destination = destination_arn
            .map(|arn| self.named(arn, "DestinationArn"))
            .transpose()?;
        self.with(|state, now_ms| {
            state.check_move(&source, destination.as_ref())?;
            let to_move = state.queue(&source, now_ms)?.counts().visible as u64;
            let text = HandleText {
                task_id: state.next_id().to_string(),
                source_arn: source_arn.to_owned(),
            };
            let handle = STANDARD.encode(serde_json::to_vec(&text).unwrap_or_default());
            let status = MoveTaskStatus::Running;
            let (handle_of_task, started_ms) = (handle.clone(), now_ms);
            let task = MoveTask {
                handle: handle_of_task,
                status,
                source,
                destination,
                messages_per_second,
                moved: 0,
                to_move,
                started_ms,
            };
            state.tasks.start(task);
            state.run_move_tasks(now_ms);
            // A receive that waits somewhere may be waiting for a message that the task will bring.
            state
                .queues
                .values()
                .for_each(|queue| queue.arrivals.notify_waiters());
            Ok(handle)
        })
    }

    /// The tasks of a dead-letter queue, newest first; `handle` only means something while a task runs.
    pub fn move_tasks(&self, source_arn: &str) -> Result<Vec<MoveTask>, SqsError> {
        let source = self.named(source_arn, "SourceArn")?;
        Ok(self.with(|state, _| {
            state
                .tasks
                .of(&source)
                .rev()
                .take(LISTED)
                .cloned()
                .collect()
        }))
    }

    /// Stops a running task. Returns how many messages it has moved.
    pub fn cancel_move_task(&self, handle: &str) -> Result<u64, SqsError> {
        let text = STANDARD
            .decode(handle)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<HandleText>(&bytes).ok());
        let Some(text) = text else {
            return Err(SqsError::InvalidRequest(
                "value for parameter TaskHandle is invalid".to_owned(),
            ));
        };
        let source = self.named(&text.source_arn, "SourceArn")?;
        self.with(|state, _| state.tasks.cancel(&source, handle))
    }

    fn named(&self, arn: &str, parameter: &str) -> Result<QueueName, SqsError> {
        self.queue_by_arn(arn).map_err(|_| {
            let text = format!(
                "the resource that you specified for the {parameter} parameter doesn't exist"
            );
            SqsError::ResourceNotFound(text)
        })
    }
}

impl MoveTasks {
    fn start(&mut self, task: MoveTask) {
        let finished = self
            .of(&task.source)
            .filter(|old| old.status != MoveTaskStatus::Running)
            .count();
        if finished >= LISTED
            && let Some(oldest) = self.tasks.iter().position(|old| old.source == task.source)
        {
            self.tasks.remove(oldest);
        }
        self.tasks.push(task);
        self.running += 1;
    }

    fn of(&self, source: &QueueName) -> impl DoubleEndedIterator<Item = &MoveTask> {
        self.tasks.iter().filter(move |task| task.source == *source)
    }

    fn cancel(&mut self, source: &QueueName, handle: &str) -> Result<u64, SqsError> {
        let task = self.tasks.iter_mut().find(|task| {
            task.source == *source
                && task.handle == handle
                && task.status == MoveTaskStatus::Running
        });
        let task =
            task.ok_or_else(|| SqsError::ResourceNotFound("task does not exist".to_owned()))?;
        task.status = MoveTaskStatus::Cancelled;
        self.running -= 1;
        Ok(task.moved)
    }
}

impl MoveTask {
    /// When the next message may be moved: the first at once, then evenly.
    pub(crate) fn next_ms(&self) -> u64 {
        self.messages_per_second.map_or(self.started_ms, |rate| {
            self.started_ms + self.moved * 1000 / u64::from(rate)
        })
    }
}
impl State {
    fn check_move(
        &self,
        source: &QueueName,
        destination: Option<&QueueName>,
    ) -> Result<(), SqsError> {
        let refuse = |text: &str| Err(SqsError::InvalidRequest(text.to_owned()));
        if self.dead_letter_sources(source).is_empty() {
            return refuse("source queue must be configured as a Dead Letter Queue");
        }
        if destination == Some(source) {
            return refuse("source queue arn and destination queue arn cannot be the same");
        }
        if destination.is_some_and(|name| name.is_fifo() != source.is_fifo()) {
            return refuse("source queue and destination queue must be of the same type");
        }
        if self
            .tasks
            .of(source)
            .any(|task| task.status == MoveTaskStatus::Running)
        {
            return refuse(
                "there is already a task running. Only one active task is allowed for a source queue arn at a given time",
            );
        }
        Ok(())
    }
}
