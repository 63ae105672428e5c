//! What happens in the local cloud, for whoever watches it.

use std::fmt;
use std::time::Duration;

use tokio::sync::broadcast;

/// How many events a slow watcher may lag behind before it loses the oldest.
const BUFFERED: usize = 4096;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A function's process was started.
    ProcessStarted {
        /// The function's name.
        function: String,
        /// The operating system's process id.
        pid: u32,
    },
    /// A function's process asked for its first invocation.
    ProcessReady {
        /// The function's name.
        function: String,
        /// From the start of the process to its first request.
        init: Duration,
    },
    /// A function's process ended by itself.
    ProcessCrashed {
        /// The function's name.
        function: String,
        /// How it ended, in Lambda's words.
        reason: String,
    },
    /// A function's process was killed because its time was over.
    ProcessTimedOut {
        /// The function's name.
        function: String,
        /// The time it had.
        after: Duration,
    },
    /// A warm process was stopped.
    ProcessStopped {
        /// The function's name.
        function: String,
        /// Why.
        reason: &'static str,
    },
    /// A function's process is no more, whatever ended it: its process id may come to belong to another.
    ProcessEnded {
        /// The function's name.
        function: String,
        /// The operating system's process id.
        pid: u32,
    },
    /// A function answered an invocation.
    Invoked {
        /// The function's name.
        function: String,
        /// The invocation's id.
        request_id: String,
        /// How long it took, without the start of the process.
        duration: Duration,
        /// The error it reported, if it did.
        error: Option<String>,
    },
    /// A batch of messages was handed to a function.
    BatchInvoked {
        /// The function's name.
        function: String,
        /// The queue's name.
        queue: String,
        /// How many messages the batch holds.
        messages: usize,
    },
    /// A batch was answered: some messages are deleted, the others come back after their visibility timeout.
    BatchSettled {
        /// The function's name.
        function: String,
        /// The queue's name.
        queue: String,
        /// Messages deleted.
        deleted: usize,
        /// Messages that come back.
        returned: usize,
    },
    /// A batch failed as a whole: nothing is deleted.
    BatchFailed {
        /// The function's name.
        function: String,
        /// The queue's name.
        queue: String,
        /// How many messages come back.
        messages: usize,
        /// Why.
        reason: String,
    },
    /// No execution environment was free.
    Throttled {
        /// The function's name.
        function: String,
    },
    /// A message went round through the same function too often and was taken out.
    RecursionStopped {
        /// The function's name.
        function: String,
        /// The queue's name.
        queue: String,
        /// The message.
        message_id: String,
    },
    /// Messages arrived in a dead-letter queue.
    DeadLettered {
        /// The dead-letter queue.
        queue: String,
        /// How many more it holds now.
        messages: usize,
    },
    /// A schedule came due.
    ScheduleFired {
        /// The schedule's name.
        schedule: String,
        /// What it starts or sends to.
        target: String,
    },
    /// An asynchronous invocation failed and will be tried again.
    AsyncRetried {
        /// The function's name.
        function: String,
        /// The invocation's id, the same for every try.
        request_id: String,
        /// How long until the next try.
        delay: Duration,
    },
    /// An asynchronous invocation failed for the last time.
    AsyncFailed {
        /// The function's name.
        function: String,
        /// The invocation's id.
        request_id: String,
        /// Where the event went, or `None`: it is lost.
        destination: Option<String>,
    },
}

impl fmt::Display for Event {
    #[expect(clippy::too_many_lines, reason = "one arm an event")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProcessStarted { function, pid } => {
                write!(f, "{function}: started, process {pid}")
            }
            Self::ProcessReady { function, init } => {
                write!(f, "{function}: ready after {} ms", init.as_millis())
            }
            Self::ProcessCrashed { function, reason } => write!(f, "{function}: {reason}"),
            Self::ProcessTimedOut { function, after } => {
                write!(f, "{function}: killed after {} s", after.as_secs_f64())
            }
            Self::ProcessStopped { function, reason } => write!(f, "{function}: stopped, {reason}"),
            Self::ProcessEnded { function, pid } => {
                write!(f, "{function}: process {pid} is no more")
            }
            Self::Invoked {
                function,
                duration,
                error: None,
                ..
            } => {
                write!(f, "{function}: done in {} ms", duration.as_millis())
            }
            Self::Invoked {
                function,
                duration,
                error: Some(error),
                ..
            } => {
                write!(
                    f,
                    "{function}: failed in {} ms: {error}",
                    duration.as_millis()
                )
            }
            Self::BatchInvoked {
                function,
                queue,
                messages,
            } => {
                write!(f, "{queue} → {function}: {}", count(*messages))
            }
            Self::BatchSettled {
                queue,
                deleted,
                returned: 0,
                ..
            } => write!(f, "{queue}: {} deleted", count(*deleted)),
            Self::BatchSettled {
                queue,
                deleted,
                returned,
                ..
            } => {
                write!(
                    f,
                    "{queue}: {deleted} deleted, {} will come back",
                    count(*returned)
                )
            }
            Self::BatchFailed {
                queue,
                messages,
                reason,
                ..
            } => {
                write!(f, "{queue}: {} will come back: {reason}", count(*messages))
            }
            Self::Throttled { function } => {
                write!(f, "{function}: throttled, every environment is busy")
            }
            Self::RecursionStopped {
                function,
                queue,
                message_id,
            } => {
                write!(
                    f,
                    "{queue}: message {message_id} went through {function} too often and was taken out"
                )
            }
            Self::DeadLettered { queue, messages } => {
                write!(
                    f,
                    "{queue}: {} arrived in this dead-letter queue",
                    count(*messages)
                )
            }
            Self::ScheduleFired { schedule, target } => write!(f, "schedule {schedule} → {target}"),
            Self::AsyncRetried {
                function,
                request_id,
                delay,
            } => {
                write!(
                    f,
                    "{function}: event {request_id} will be tried again in {} s",
                    delay.as_secs()
                )
            }
            Self::AsyncFailed {
                function,
                request_id,
                destination: Some(queue),
            } => {
                write!(
                    f,
                    "{function}: event {request_id} failed for good and went to {queue}"
                )
            }
            Self::AsyncFailed {
                function,
                request_id,
                destination: None,
            } => {
                write!(
                    f,
                    "{function}: event {request_id} failed for good and is lost: it has no OnFailure destination"
                )
            }
        }
    }
}

/// `1 message`, `2 messages`.
fn count(messages: usize) -> String {
    format!("{messages} message{}", if messages == 1 { "" } else { "s" })
}

/// Where events are published and watched.
#[derive(Debug, Clone)]
pub struct Events {
    sender: broadcast::Sender<Event>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(BUFFERED),
        }
    }
}

impl Events {
    /// Tells every watcher. Without one, the event is dropped.
    pub fn publish(&self, event: Event) {
        tracing::debug!("{event}");
        // The only error is that nobody watches.
        let _ = self.sender.send(event);
    }

    /// Everything from now on. A watcher that lags behind by more than 4,096 events loses the oldest.
    pub fn watch(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
}
