//! Receiving: hand-over, long polling, dead letters and repeated attempts.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::dedup::Attempt;
use super::engine::{Sqs, State};
use super::error::SqsError;
use super::limits::{self, MESSAGES_PER_RECEIVE};
use super::message::{Place, ReceivedMessage};
use super::names::QueueName;
use super::queue::Queue;
use super::receipt::Receipt;

/// A request for messages.
#[derive(Debug, Clone)]
pub struct ReceiveRequest {
    /// The queue.
    pub queue: QueueName,
    /// How many messages at most: 1 to 10,000, which is what an event source mapping may ask for (the public API: 10).
    pub max_messages: usize,
    /// How long to wait for the first message; `None` takes the queue's `ReceiveMessageWaitTimeSeconds`.
    pub wait: Option<Duration>,
    /// Seconds that the messages are hidden, at most 43,200; `None` takes the queue's `VisibilityTimeout`.
    pub visibility_timeout_seconds: Option<u32>,
    /// On FIFO queues alone: the same id within 5 minutes gets the same messages again, as long as they were left alone.
    pub attempt_id: Option<String>,
}

impl ReceiveRequest {
    /// Up to `max_messages` messages, without waiting.
    pub fn new(queue: QueueName, max_messages: usize) -> Self {
        Self {
            queue,
            max_messages,
            wait: Some(Duration::ZERO),
            visibility_timeout_seconds: None,
            attempt_id: None,
        }
    }

    /// The same request, waiting up to `wait` for the first message.
    #[must_use]
    pub fn waiting(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// The attempt's id, which a standard queue does not look at (as reported of AWS).
    fn attempt(&self) -> Option<&str> {
        self.attempt_id.as_deref().filter(|_| self.queue.is_fifo())
    }

    fn check(&self) -> Result<(), SqsError> {
        if !(1..=MESSAGES_PER_RECEIVE).contains(&self.max_messages) {
            let reason = format!("Must be between 1 and {MESSAGES_PER_RECEIVE}, if provided");
            return Err(SqsError::invalid(
                "MaxNumberOfMessages",
                &self.max_messages,
                reason,
            ));
        }
        if let Some(seconds) = self.visibility_timeout_seconds {
            limits::within(
                "VisibilityTimeout",
                seconds.into(),
                &limits::VISIBILITY_SECONDS,
            )?;
        }
        match self.attempt() {
            Some(id) => limits::identifier("ReceiveRequestAttemptId", id),
            None => Ok(()),
        }
    }
}

impl Sqs {
    /// Receives messages; none only after the whole wait. Dropping the future loses no message.
    pub async fn receive(&self, request: ReceiveRequest) -> Result<Vec<ReceivedMessage>, SqsError> {
        request.check()?;
        let (arrivals, polls_long, deadline_ms) = self.with(|state, now_ms| {
            let queue = state.queue(&request.queue, now_ms)?;
            let of_queue = Duration::from_secs(queue.attributes.wait_seconds().into());
            let wait = request.wait.unwrap_or(of_queue);
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            Ok((
                Arc::clone(&queue.arrivals),
                wait_ms > 0,
                now_ms.saturating_add(wait_ms),
            ))
        })?;
        loop {
            // Listening starts before looking, so that nothing arrives unnoticed in between.
            let mut arrival = pin!(arrivals.notified());
            arrival.as_mut().enable();
            let (messages, alarm) = self.with(|state, now_ms| {
                let messages = state.receive(&request, polls_long, now_ms)?;
                let next_ms = state
                    .next_arrival_ms(&request.queue)
                    .unwrap_or(deadline_ms)
                    .min(deadline_ms);
                Ok((
                    messages,
                    (now_ms < deadline_ms).then(|| next_ms.saturating_sub(now_ms)),
                ))
            })?;
            let Some(alarm_ms) = alarm.filter(|_| messages.is_empty()) else {
                return Ok(messages);
            };
            let alarm = self.clock().sleep(Duration::from_millis(alarm_ms.max(1)));
            tokio::select! {
                () = arrival => {}
                () = alarm => {}
            }
        }
    }
}

impl State {
    fn receive(
        &mut self,
        request: &ReceiveRequest,
        polls_long: bool,
        now_ms: u64,
    ) -> Result<Vec<ReceivedMessage>, SqsError> {
        let (seed, sender_id) = (self.seed, self.identity.account.clone());
        let in_flight_limit = self.in_flight_limit;
        let hand_over = HandOver {
            seed,
            sender_id: &sender_id,
            now_ms,
            request,
        };
        let queue = self.queue(&request.queue, now_ms)?;
        if let Some(messages) = hand_over.repeat(queue) {
            return Ok(messages);
        }
        let room = in_flight_limit.saturating_sub(queue.counts().not_visible);
        if room == 0 {
            // A long poll waits until there is room, and FIFO queues never say so (SQS Developer Guide, quotas).
            let silent = polls_long || request.queue.is_fifo();
            return if silent {
                Ok(Vec::new())
            } else {
                Err(SqsError::OverLimit)
            };
        }
        let max = request.max_messages.min(room);
        let mut messages = Vec::new();
        while messages.len() < max {
            let keys = self.present(&request.queue)?.take(max - messages.len());
            if keys.is_empty() {
                break;
            }
            for key in keys {
                if !self.bury(&request.queue, key, now_ms)? {
                    messages.extend(hand_over.receive(self.present(&request.queue)?, key));
                }
            }
        }
        hand_over.remember(self.present(&request.queue)?, &messages);
        Ok(messages)
    }

    /// A queue as it is: within one receive nothing may fall due, or a message hidden for 0 seconds would come twice.
    fn present(&mut self, name: &QueueName) -> Result<&mut Queue, SqsError> {
        self.queues.get_mut(name).ok_or(SqsError::QueueDoesNotExist)
    }

    /// Moves a taken message to the dead-letter queue if it was received too often; says whether it did.
    fn bury(&mut self, name: &QueueName, key: u64, now_ms: u64) -> Result<bool, SqsError> {
        let queue = self.queues.get(name).ok_or(SqsError::QueueDoesNotExist)?;
        let Some(policy) = queue.attributes.redrive() else {
            return Ok(false);
        };
        let worn_out = queue
            .message(key)
            .is_some_and(|message| message.receives_here >= policy.max_receive_count);
        let target = policy.target.clone();
        if !worn_out || !self.queues.contains_key(&target) {
            return Ok(false); // without its dead-letter queue the message stays where it is
        }
        let source_arn = self.identity.arn(name);
        let Some(mut message) = self
            .queues
            .get_mut(name)
            .and_then(|queue| queue.take_out(key))
        else {
            return Ok(true);
        };
        message.place = Place::Ready;
        message.receives_here = 0;
        message.dead_letter_source = Some(source_arn.into());
        if name.is_fifo() {
            // A standard queue's message keeps its age (SQS Developer Guide, "dead-letter queue message retention").
            message.sent_ms = now_ms;
        }
        self.put(&target, message, 0);
        Ok(true)
    }

    fn next_arrival_ms(&self, name: &QueueName) -> Option<u64> {
        let of_queue = self.queues.get(name).and_then(Queue::next_arrival_ms);
        of_queue.into_iter().chain(self.next_move_ms()).min()
    }
}

/// One receive: what every message handed over in it has in common.
struct HandOver<'a> {
    seed: u64,
    sender_id: &'a str,
    now_ms: u64,
    request: &'a ReceiveRequest,
}

impl HandOver<'_> {
    fn receive(&self, queue: &mut Queue, key: u64) -> Option<ReceivedMessage> {
        let (seed, id, until_ms) = (self.seed, queue.id, self.until_ms(queue));
        let message = queue.receive(key, self.now_ms, until_ms)?;
        let receipt = Receipt {
            seed,
            queue: id,
            key,
            number: message.receives_here,
        };
        Some(message.received(receipt.encode(), self.sender_id))
    }

    /// The messages of an earlier attempt with the same id, hidden anew; `None` if there was none or one was touched since.
    fn repeat(&self, queue: &mut Queue) -> Option<Vec<ReceivedMessage>> {
        let id: Arc<str> = self.request.attempt()?.into();
        let attempt = queue.attempts.get(&id, self.now_ms)?.clone();
        let untouched = attempt.iter().all(|(key, number)| {
            queue.message(*key).is_some_and(|message| {
                let in_flight = matches!(message.place, Place::InFlight { .. });
                message.receives_here == *number && message.left_alone && in_flight
            })
        });
        if attempt.is_empty() || !untouched {
            return None;
        }
        let until_ms = self.until_ms(queue);
        for (key, _) in &attempt {
            queue.hide_until(*key, until_ms);
        }
        let again = attempt.iter().filter_map(|(key, number)| {
            let receipt = Receipt {
                seed: self.seed,
                queue: queue.id,
                key: *key,
                number: *number,
            };
            Some(
                queue
                    .message(*key)?
                    .received(receipt.encode(), self.sender_id),
            )
        });
        Some(again.collect())
    }

    fn remember(&self, queue: &mut Queue, messages: &[ReceivedMessage]) {
        let Some(id) = self.request.attempt() else {
            return;
        };
        let receipts = messages
            .iter()
            .filter_map(|message| Receipt::decode(&message.receipt_handle).ok());
        let attempt: Attempt = receipts
            .map(|receipt| (receipt.key, receipt.number))
            .collect();
        if !attempt.is_empty() {
            queue.attempts.insert(id.into(), attempt, self.now_ms);
        }
    }

    fn until_ms(&self, queue: &Queue) -> u64 {
        let seconds = self
            .request
            .visibility_timeout_seconds
            .unwrap_or(queue.attributes.visibility_seconds());
        self.now_ms + u64::from(seconds) * 1000
    }
}
