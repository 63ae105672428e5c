//! One queue: its messages, where they are, and what falls due when.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::Notify;

use super::attributes::QueueAttributes;
use super::dedup::{Attempt, DeduplicationKey, Original, Recent};
use super::message::{Message, Place};
use super::names::QueueName;
use super::order::Order;

/// How many messages a queue holds. Exact here, approximate at AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// May be received: `ApproximateNumberOfMessages`.
    pub visible: usize,
    /// In flight: `ApproximateNumberOfMessagesNotVisible`.
    pub not_visible: usize,
    /// Waiting for the end of their delay: `ApproximateNumberOfMessagesDelayed`.
    pub delayed: usize,
}

/// A queue with its messages.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: QueueName,
    /// Differs from that of every queue before it, of the same name too.
    pub(crate) id: u64,
    pub(crate) attributes: QueueAttributes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_ms: u64,
    pub(crate) modified_ms: u64,
    pub(crate) purged_ms: Option<u64>,
    pub(crate) sent: Recent<DeduplicationKey, Original>,
    pub(crate) attempts: Recent<Arc<str>, Attempt>,
    /// Wakes the receives that wait.
    pub(crate) arrivals: Arc<Notify>,
    messages: HashMap<u64, Message>,
    order: Order,
    delayed: BTreeSet<(u64, u64)>,
    in_flight: BTreeSet<(u64, u64)>,
    /// All messages by the time they were sent, for the retention period.
    ages: BTreeSet<(u64, u64)>,
}

impl Queue {
    pub(crate) fn new(name: QueueName, id: u64, attributes: QueueAttributes, now_ms: u64) -> Self {
        Self {
            order: Order::new(name.is_fifo()),
            name,
            id,
            attributes,
            tags: BTreeMap::new(),
            created_ms: now_ms,
            modified_ms: now_ms,
            purged_ms: None,
            sent: Recent::default(),
            attempts: Recent::default(),
            arrivals: Arc::new(Notify::new()),
            messages: HashMap::new(),
            delayed: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            ages: BTreeSet::new(),
        }
    }

    /// Does everything that has fallen due: ends of delays, of visibility timeouts and of the retention period.
    pub(crate) fn advance(&mut self, now_ms: u64) {
        while let Some((_, key)) = pop_due(&mut self.delayed, now_ms) {
            self.show(key);
        }
        while let Some((_, key)) = pop_due(&mut self.in_flight, now_ms) {
            let group = self
                .messages
                .get(&key)
                .and_then(|message| message.content.group.clone());
            self.order.land(key, group.as_ref());
            self.show(key);
        }
        if let Some(oldest_ms) = now_ms.checked_sub(self.attributes.retention_ms()) {
            while let Some((_, key)) = pop_due(&mut self.ages, oldest_ms) {
                self.remove(key);
            }
        }
    }

    /// When the next message can be received that cannot be now.
    pub(crate) fn next_arrival_ms(&self) -> Option<u64> {
        let next = |set: &BTreeSet<(u64, u64)>| set.first().map(|(due_ms, _)| *due_ms);
        next(&self.delayed)
            .into_iter()
            .chain(next(&self.in_flight))
            .min()
    }

    /// Takes a message in; its key must be larger than all before.
    pub(crate) fn add(&mut self, key: u64, mut message: Message, delay_ms: u64) {
        self.ages.insert((message.sent_ms, key));
        if delay_ms > 0 {
            let until_ms = message.sent_ms + delay_ms;
            message.place = Place::Delayed { until_ms };
            self.delayed.insert((until_ms, key));
            self.messages.insert(key, message);
        } else {
            self.messages.insert(key, message);
            self.show(key);
        }
        self.arrivals.notify_waiters(); // with a delay too: a waiting receive has to set its alarm anew
    }

    /// Up to `max` messages in the order of the queue. Each must be received, taken out or given back at once.
    pub(crate) fn take(&mut self, max: usize) -> Vec<u64> {
        loop {
            let mut keys = self.order.take(max);
            let was_last = keys.is_empty();
            keys.retain(|key| self.messages.contains_key(key));
            if was_last || !keys.is_empty() {
                return keys;
            }
        }
    }

    /// Puts a taken message back where it was.
    pub(crate) fn give_back(&mut self, key: u64) {
        let group = self
            .messages
            .get(&key)
            .and_then(|message| message.content.group.clone());
        self.order.land(key, group.as_ref());
        self.order.add(key, group.as_ref());
    }

    /// Hands a taken message over and hides it until `until_ms`.
    pub(crate) fn receive(&mut self, key: u64, now_ms: u64, until_ms: u64) -> Option<&Message> {
        let message = self.messages.get_mut(&key)?;
        message.receive(now_ms, until_ms);
        self.in_flight.insert((until_ms, key));
        Some(message)
    }

    /// Moves the end of a visibility timeout; a message that is not in flight stays as it is.
    pub(crate) fn hide_until(&mut self, key: u64, until_ms: u64) {
        if let Some(message) = self.messages.get_mut(&key)
            && let Place::InFlight {
                until_ms: previous_ms,
            } = message.place
        {
            self.in_flight.remove(&(previous_ms, key));
            message.place = Place::InFlight { until_ms };
            self.in_flight.insert((until_ms, key));
            self.arrivals.notify_waiters();
        }
    }

    /// Like [`Queue::hide_until`], at the receiver's wish: the receive cannot be repeated any more.
    pub(crate) fn change_visibility(&mut self, key: u64, until_ms: u64) {
        self.hide_until(key, until_ms);
        if let Some(message) = self.messages.get_mut(&key) {
            message.left_alone = false;
        }
    }

    /// Removes a message that was taken, to put it into another queue.
    pub(crate) fn take_out(&mut self, key: u64) -> Option<Message> {
        let message = self.messages.remove(&key)?;
        self.ages.remove(&(message.sent_ms, key));
        self.order.land(key, message.content.group.as_ref());
        self.arrivals.notify_waiters(); // the rest of its group may be received
        Some(message)
    }

    /// Removes a message wherever it is.
    pub(crate) fn remove(&mut self, key: u64) {
        let Some(message) = self.messages.remove(&key) else {
            return;
        };
        self.ages.remove(&(message.sent_ms, key));
        let group = message.content.group.as_ref();
        match message.place {
            Place::Ready => self.order.remove(key, group),
            Place::Delayed { until_ms } => {
                self.delayed.remove(&(until_ms, key));
            }
            Place::InFlight { until_ms } => {
                self.in_flight.remove(&(until_ms, key));
                self.order.land(key, group);
                self.arrivals.notify_waiters(); // the group may be open again
            }
        }
    }

    /// Removes all messages, and all memory of them.
    pub(crate) fn clear(&mut self) {
        self.sent = Recent::default();
        self.attempts = Recent::default();
        self.messages.clear();
        self.order = Order::new(self.name.is_fifo());
        self.delayed.clear();
        self.in_flight.clear();
        self.ages.clear();
    }

    /// The message under a key.
    pub(crate) fn message(&self, key: u64) -> Option<&Message> {
        self.messages.get(&key)
    }

    /// Applies a changed `DelaySeconds` to the messages that wait already: FIFO queues do that, standard queues do not
    /// (API Reference, `SetQueueAttributes`).
    pub(crate) fn delay_anew(&mut self) {
        let delay_ms = self.attributes.delay_ms();
        for (_, key) in std::mem::take(&mut self.delayed) {
            if let Some(message) = self.messages.get_mut(&key) {
                let until_ms = message.sent_ms + delay_ms;
                message.place = Place::Delayed { until_ms };
                self.delayed.insert((until_ms, key));
            }
        }
        self.arrivals.notify_waiters();
    }

    pub(crate) fn counts(&self) -> Counts {
        let (delayed, not_visible) = (self.delayed.len(), self.in_flight.len());
        Counts {
            visible: self.messages.len() - delayed - not_visible,
            not_visible,
            delayed,
        }
    }

    /// When the oldest message was sent of those that were not received more than three times.
    pub(crate) fn sent_ms_of_oldest(&self) -> Option<u64> {
        let mut ages = self.ages.iter();
        ages.find(|(_, key)| {
            let message = self.messages.get(key);
            message.is_some_and(|message| message.receive_count <= 3)
        })
        .map(|(sent_ms, _)| *sent_ms)
    }

    fn show(&mut self, key: u64) {
        if let Some(message) = self.messages.get_mut(&key) {
            message.place = Place::Ready;
            self.order.add(key, message.content.group.as_ref());
        }
    }
}

fn pop_due(times: &mut BTreeSet<(u64, u64)>, now_ms: u64) -> Option<(u64, u64)> {
    times
        .first()
        .is_some_and(|(due_ms, _)| *due_ms <= now_ms)
        .then(|| times.pop_first())
        .flatten()
}
