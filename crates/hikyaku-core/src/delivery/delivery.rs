//! What comes in.

use std::fmt::Write as _;

use crate::Timestamp;

/// One hand-over of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message's own id, as its queue or sender gave it.
    pub message_id: String,
    /// The exact body.
    pub body: String,
    /// How often the queue has handed it over, this time included; 1 where nobody counts.
    pub receive_count: u32,
    /// The ordered group it belongs to. Only for queues that keep an order.
    pub group: Option<String>,
    /// The queue's name for people and for the failed store (Laravel stores its URL). Empty when it came from none.
    pub queue: String,
    /// Set if a dead-letter queue handed it over: then `queue` is the one it came from before, where it can be sent again. An
    /// event comes from no queue.
    pub dead_letter: Option<DeadLetter>,
    /// When it was sent, by the queue's clock. None where nobody says so.
    pub sent: Option<Timestamp>,
    /// The trace it belongs to, as an X-Ray header: `Root=…;Parent=…;Sampled=…`. All that is sent because of it carries the
    /// same.
    pub trace: Option<String>,
    /// How to give it back. None for what no queue holds: a direct invocation, a schedule.
    pub receipt: Option<Receipt>,
}

impl Delivery {
    /// Where a dead letter comes from; none for other deliveries.
    pub(crate) fn origin(&self, now: Timestamp) -> Option<String> {
        let letter = self.dead_letter.as_ref()?;
        if let Some(event) = &letter.event {
            return Some(given_up(event));
        }
        let mut origin = format!(
            "dead letter: `{}` gave it up, received {} times in all",
            self.queue, self.receive_count
        );
        if let Some(sent) = letter.sent {
            let minutes = sent.until(now).as_secs() / 60;
            let _ = write!(
                origin,
                " since it was sent {} h {} min ago",
                minutes / 60,
                minutes % 60
            );
        }
        Some(origin)
    }

    /// The id of the trace it belongs to: the header's `Root` (AWS X-Ray developer guide, "Tracing header").
    pub fn trace_id(&self) -> Option<&str> {
        let mut parts = self.trace.as_deref()?.split(';');
        parts.find_map(|part| part.trim().strip_prefix("Root="))
    }
}

/// Of an event. No queue leads back to its function, so nothing that sends it again can help.
fn given_up(event: &DeadEvent) -> String {
    format!(
        "dead letter: Lambda gave up the event of invocation {}: {}; invoke its function with it again (`aws lambda invoke`), for no \
         queue leads there",
        event.request_id,
        event.error.as_deref().unwrap_or("it says no reason")
    )
}

/// What a dead-letter queue knows of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// When it was sent, by the queue's clock.
    pub sent: Option<Timestamp>,
    /// Set if no queue gave it up but Lambda: an event of a function that is invoked asynchronously.
    pub event: Option<DeadEvent>,
}

/// An event that Lambda gave up, by the attributes of its message (AWS Lambda developer guide, "Adding a dead-letter queue").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadEvent {
    /// The invocation's request id.
    pub request_id: String,
    /// Why it was given up: the first kilobyte of the function's error.
    pub error: Option<String>,
}

/// The right to change a received message's visibility.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// The queue, in the adapter's terms.
    pub queue: String,
    /// The handle this delivery came with.
    pub handle: String,
    /// When it was received. Counted from here, a message stays hidden for 12 hours at most.
    pub received: Timestamp,
}

/// What is known of the invocation that brought the deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invocation {
    /// When it began.
    pub started: Timestamp,
    /// When its process is killed. None: nobody says so.
    pub deadline: Option<Timestamp>,
}
