//! A queue as SQS keeps one: visibility, receive counts, older receipts that still act, ordered groups, retention, a
//! dead-letter queue.
//!
//! Source of the rules: Amazon SQS developer guide, "visibility timeout", "FIFO delivery logic", "dead-letter queues"; and
//! what AWS was recorded to answer: a visibility is changed after the timeout has passed, too, and with an older receipt.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::VirtualClock;
use crate::{BoxFuture, Clock, Delivery, Outgoing, Queue, QueueError, Receipt, Timestamp, is_fifo};

/// How long a message can stay hidden after one receive.
const LONGEST_HIDING: Duration = Duration::from_secs(43_200);

/// How long a message can be held back when it is sent.
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// How a [`SimQueue`] is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// After so many receives the next one moves a message to the dead letters.
    pub max_receive_count: u32,
    /// How long a message is kept. Then it is gone, whatever became of it.
    pub retention: Duration,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(5400),
            max_receive_count: 100,
            retention: Duration::from_hours(14 * 24),
        }
    }
}

/// A message that has not been deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id. Copies of a message share it.
    pub id: String,
    /// Its body.
    pub body: String,
    /// The ordered group it belongs to, if any.
    pub group: Option<String>,
    /// The trace it was sent in.
    pub trace: Option<String>,
    /// How often it was received.
    pub receives: u32,
    /// From when on it can be received.
    pub visible: Timestamp,
    /// When it was sent.
    pub sent: Timestamp,
    received: Timestamp,
    /// The receipts that it was received with, the latest last.
    handles: Vec<u64>,
}

impl Message {
    fn in_flight(&self, now: Timestamp) -> bool {
        self.receives > 0 && self.visible > now
    }
}

/// An SQS-like queue in virtual time. A clone is another handle to the same messages.
#[derive(Debug, Clone)]
pub struct SimQueue {
    clock: VirtualClock,
    settings: QueueSettings,
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    /// In the order in which they were sent.
    messages: Vec<Message>,
    dead: Vec<Message>,
    /// What was sent to other queues.
    elsewhere: Vec<Outgoing>,
    /// The other queues that are not there.
    missing: Vec<String>,
    handles: u64,
    sent: u64,
    receives: u64,
}

#[derive(Debug, thiserror::Error)]
enum Invalid {
    #[error("the message of this receipt is gone")]
    Gone,
    #[error("the message would be hidden for more than twelve hours")]
    TooLong,
    #[error("no message is held back for more than 15 minutes")]
    DelayedTooLong,
    #[error("there is no such queue")]
    NoSuchQueue,
    #[error("a fifo queue takes no message without a group")]
    NoGroup,
}

impl SimQueue {
    /// Where it is.
    pub const URL: &'static str = "sim://queues/jobs";

    /// An empty queue.
    pub fn new(clock: VirtualClock, settings: QueueSettings) -> Self {
        Self {
            clock,
            settings,
            content: Arc::default(),
        }
    }

    /// Sends a message and answers its id.
    pub fn send(&self, body: impl Into<String>, group: Option<&str>) -> String {
        let mut message = Outgoing::new(Self::URL, body.into(), "");
        message.group = group.map(str::to_owned);
        self.put(message)
    }

    /// Puts a message into this queue, whatever queue it names, and answers its id.
    pub fn put(&self, message: Outgoing) -> String {
        let now = self.clock.now();
        let mut content = self.content();
        content.sent += 1;
        let id = format!("m-{}", content.sent);
        content.messages.push(Message {
            id: id.clone(),
            body: message.body,
            group: message.group,
            trace: message.trace,
            receives: 0,
            visible: now + message.delay,
            sent: now,
            received: now,
            handles: Vec::new(),
        });
        id
    }

    /// Receives up to `most` messages: those of one group in their order, and none behind one of its group that is in
    /// flight.
    pub fn receive(&self, most: usize) -> Vec<Delivery> {
        let now = self.clock.now();
        let mut content = self.content();
        content.expire(now, self.settings.retention);
        let mut deliveries = Vec::new();
        let mut blocked: Vec<String> = Vec::new();
        let mut index = 0;
        while index < content.messages.len() && deliveries.len() < most {
            let message = &content.messages[index];
            let is_blocked = message
                .group
                .as_ref()
                .is_some_and(|group| blocked.contains(group));
            if message.visible > now || is_blocked {
                if message.in_flight(now) {
                    blocked.extend(message.group.clone());
                }
                index += 1;
            } else if message.receives >= self.settings.max_receive_count {
                let dead = content.messages.remove(index);
                content.dead.push(dead);
            } else {
                deliveries.push(content.hand_over(index, now, self.settings.visibility));
                index += 1;
            }
        }
        deliveries
    }

    /// When a message can be received next, if any can: now, or later.
    pub fn next_visible(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut content = self.content();
        content.expire(now, self.settings.retention);
        let is_blocked = |index: usize, message: &Message| {
            let mut before = content.messages[..index].iter();
            message.group.is_some()
                && before.any(|other| other.group == message.group && other.in_flight(now))
        };
        // A message in flight says itself when it comes back.
        let messages = content.messages.iter().enumerate();
        let open = messages
            .filter(|(index, message)| message.visible > now || !is_blocked(*index, message));
        open.map(|(_, message)| message.visible.max(now)).min()
    }

    /// Deletes the message of this receipt, be it an older one. One that is gone is no error.
    pub fn delete(&self, receipt: &Receipt) {
        let mut content = self.content();
        if let Some(index) = content.find(receipt) {
            content.messages.remove(index);
        }
    }

    /// When the message of this receipt can be received next, if it is there and was not received since.
    pub fn visible(&self, receipt: &Receipt) -> Option<Timestamp> {
        let content = self.content();
        let message = &content.messages[content.find(receipt)?];
        let latest = message.handles.last().map(u64::to_string);
        (latest.as_ref() == Some(&receipt.handle)).then_some(message.visible)
    }

    /// Whether two receipts are of one message.
    pub fn are_of_one_message(&self, one: &Receipt, other: &Receipt) -> bool {
        let content = self.content();
        let found = content.find(one);
        found.is_some() && found == content.find(other)
    }

    /// Whether the message of this receipt is in flight with it. None: the message is gone.
    pub fn is_in_flight_with(&self, receipt: &Receipt) -> Option<bool> {
        let now = self.clock.now();
        let content = self.content();
        let message = &content.messages[content.find(receipt)?];
        let latest = message.handles.last().map(u64::to_string);
        Some(latest.as_ref() == Some(&receipt.handle) && message.in_flight(now))
    }

    /// Delivers a message once more: a copy of it becomes visible, whatever becomes of the other.
    pub fn duplicate(&self, message: &Message) {
        let copy = Message {
            visible: self.clock.now(),
            handles: Vec::new(),
            ..message.clone()
        };
        self.content().messages.push(copy);
    }

    /// Moves the message that would be received next behind all others. Only messages without a group: a standard
    /// queue promises no order. Answers whether there was another that comes before it now.
    pub fn reorder(&self) -> bool {
        let now = self.clock.now();
        let mut content = self.content();
        let open = |message: &Message| message.group.is_none() && message.visible <= now;
        let messages = content.messages.iter().enumerate();
        let mut open = messages.filter(|(_, message)| open(message));
        let (Some((first, _)), true) = (open.next(), open.next().is_some()) else {
            return false;
        };
        let message = content.messages.remove(first);
        content.messages.push(message);
        true
    }

    /// The messages that are not deleted.
    pub fn messages(&self) -> Vec<Message> {
        self.content().messages.clone()
    }

    /// Whether every message is deleted or dead.
    pub fn is_empty(&self) -> bool {
        self.content().messages.is_empty()
    }

    /// The messages that were received too often.
    pub fn dead(&self) -> Vec<Message> {
        self.content().dead.clone()
    }

    /// What was sent to other queues, in order.
    pub fn elsewhere(&self) -> Vec<Outgoing> {
        self.content().elsewhere.clone()
    }

    /// Takes another queue away, or puts it back: nothing can be sent to it meanwhile.
    pub fn take_away(&self, url: &str, gone: bool) {
        let missing = &mut self.content().missing;
        missing.retain(|missing| missing != url);
        missing.extend(gone.then(|| url.to_owned()));
    }

    /// How many deliveries were made in all.
    pub fn receives(&self) -> u64 {
        self.content().receives
    }

    fn hide(&self, receipt: &Receipt, delay: Duration) -> Result<(), Invalid> {
        let now = self.clock.now();
        let mut content = self.content();
        let index = content.find(receipt).ok_or(Invalid::Gone)?;
        let message = &mut content.messages[index];
        let delay = whole_seconds(delay);
        if message.received.until(now + delay) > LONGEST_HIDING {
            return Err(Invalid::TooLong);
        }
        message.visible = now + delay;
        Ok(())
    }

    fn take(&self, message: &Outgoing) -> Result<(), Invalid> {
        let delay = whole_seconds(message.delay);
        if delay > LONGEST_DELAY {
            return Err(Invalid::DelayedTooLong);
        }
        if message.queue == Self::URL {
            let message = message.clone();
            self.put(Outgoing { delay, ..message });
            return Ok(());
        }
        let mut content = self.content();
        if content.missing.contains(&message.queue) {
            return Err(Invalid::NoSuchQueue);
        }
        if is_fifo(&message.queue) && message.group.is_none() {
            return Err(Invalid::NoGroup);
        }
        content.elsewhere.push(message.clone());
        Ok(())
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SQS counts in whole seconds, and who asks for a part of one gets a whole one.
fn whole_seconds(delay: Duration) -> Duration {
    let seconds = delay.as_millis().div_ceil(1000);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
}

impl Content {
    /// Takes away what was kept long enough.
    fn expire(&mut self, now: Timestamp, retention: Duration) {
        let is_kept = |message: &Message| now < message.sent + retention;
        self.messages.retain(is_kept);
    }

    fn hand_over(&mut self, index: usize, now: Timestamp, visibility: Duration) -> Delivery {
        self.handles += 1;
        self.receives += 1;
        let message = &mut self.messages[index];
        message.handles.push(self.handles);
        message.receives += 1;
        message.received = now;
        message.visible = now + visibility;
        Delivery {
            message_id: message.id.clone(),
            body: message.body.clone(),
            receive_count: message.receives,
            group: message.group.clone(),
            queue: SimQueue::URL.to_owned(),
            dead_letter: None,
            sent: Some(message.sent),
            trace: message.trace.clone(),
            receipt: Some(Receipt {
                queue: SimQueue::URL.to_owned(),
                handle: self.handles.to_string(),
                received: now,
            }),
        }
    }

    fn find(&self, receipt: &Receipt) -> Option<usize> {
        let handle: u64 = receipt.handle.parse().ok()?;
        let mut messages = self.messages.iter();
        messages.position(|message| message.handles.contains(&handle))
    }
}

impl Queue for SimQueue {
    fn change_visibility<'a>(
        &'a self,
        receipt: &'a Receipt,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            self.hide(receipt, delay).map_err(|invalid| QueueError {
                action: "changing a message's visibility",
                queue: receipt.queue.clone(),
                retryable: false,
                source: invalid.into(),
            })
        })
    }

    fn change_visibility_batch<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let hidden = receipts.iter().map(|receipt| self.hide(receipt, delay));
            // Each entry is answered for itself.
            let hidden: Vec<_> = hidden.collect();
            let invalid = hidden.into_iter().find_map(Result::err);
            invalid.map_or(Ok(()), |invalid| {
                Err(QueueError {
                    action: "changing the visibility of messages",
                    queue: Self::URL.to_owned(),
                    retryable: false,
                    source: invalid.into(),
                })
            })
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            self.take(message).map_err(|invalid| QueueError {
                action: "sending a message",
                queue: message.queue.clone(),
                retryable: false,
                source: invalid.into(),
            })
        })
    }
}
