//! Gathers messages into batches.

use std::collections::VecDeque;
use std::time::Duration;

use super::poller::Source;
use super::record::record;
use crate::sqs::{ReceiveRequest, ReceivedMessage, SqsError};

/// The largest event, in bytes: the payload limit of a synchronous invocation (AWS, "Lambda quotas"). The rest of the event
/// around the records needs a few.
const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024 - 64;

/// Lambda's pollers ask for messages with the longest wait there is (AWS, "Using Lambda with Amazon SQS").
const LONG_POLL: Duration = Duration::from_secs(20);

/// A message and its record in the event.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    pub(super) message: ReceivedMessage,
    pub(super) record: String,
    pub(super) received_ms: u64,
}

/// What waits to become a batch. It is kept here, and not in a future, so that waiting can be interrupted at any time.
pub(super) struct Collector {
    source: Source,
    gathered: VecDeque<Gathered>,
    window_ends_ms: Option<u64>,
}

impl Collector {
    /// Nothing gathered yet.
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            gathered: VecDeque::new(),
            window_ends_ms: None,
        }
    }

    /// The next batch: full, or as full as it got within the window. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Vec<Gathered>, SqsError> {
        loop {
            let now_ms = self.source.clock.now_ms();
            let room = self.batch_size().saturating_sub(self.gathered.len());
            let fits = self.fitting();
            let window_over = self.window_ends_ms.is_some_and(|ends_ms| ends_ms <= now_ms);
            if fits > 0 && (room == 0 || fits < self.gathered.len() || window_over) {
                return Ok(self.take(fits, now_ms));
            }
            let wait = self
                .window_ends_ms
                .map_or(LONG_POLL, |ends_ms| Duration::from_millis(ends_ms - now_ms));
            let request = ReceiveRequest::new(self.source.queue.clone(), room).waiting(wait);
            let messages = self.source.sqs.receive(request).await?;
            self.gather(messages);
        }
    }

    /// Forgets what waits: it becomes visible in the queue again when its time is over.
    pub(super) fn let_go(&mut self) {
        self.gathered.clear();
        self.window_ends_ms = None;
    }

    fn gather(&mut self, messages: Vec<ReceivedMessage>) {
        let now_ms = self.source.clock.now_ms();
        if !messages.is_empty() && self.window_ends_ms.is_none() {
            self.window_ends_ms = Some(now_ms + millis(self.source.settings.window));
        }
        let (arn, region) = (&self.source.queue_arn, &self.source.sqs.identity().region);
        self.gathered.extend(messages.into_iter().map(|message| {
            let record = record(&message, arn, region).to_string();
            Gathered {
                message,
                record,
                received_ms: now_ms,
            }
        }));
    }

    /// How many of the gathered messages fit into one event; at least the first, which SQS itself bounds to 1 MiB.
    fn fitting(&self) -> usize {
        let mut bytes = 0;
        let fits = |gathered: &&Gathered| {
            bytes += gathered.record.len() + 1;
            bytes <= MAX_EVENT_BYTES
        };
        self.gathered
            .iter()
            .take_while(fits)
            .count()
            .max(usize::from(!self.gathered.is_empty()))
    }

    fn take(&mut self, count: usize, now_ms: u64) -> Vec<Gathered> {
        let batch = self.gathered.drain(..count).collect();
        // What did not fit opens the next window.
        let open = !self.gathered.is_empty();
        self.window_ends_ms = open.then(|| now_ms + millis(self.source.settings.window));
        batch
    }

    fn batch_size(&self) -> usize {
        usize::try_from(self.source.settings.batch_size).unwrap_or(usize::MAX)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
