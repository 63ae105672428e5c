//! Reaching the ledger and the queue: again until there is an answer, and never beyond the process's end.

use std::time::Duration;

use futures_util::future::{Either, select};

use crate::engine::Engine;
use crate::ports::store::Passing;
use crate::{BoxFuture, Delivery, Timestamp};

/// SQS hides a message for 12 hours at most, counted from its receive (Amazon SQS developer guide, "visibility
/// timeout").
const LONGEST_HIDING: Duration = Duration::from_secs(43_200);

impl Engine<'_> {
    /// Hides a message for `delay` from now. Answers the delay that holds; none if the queue keeps its own time.
    pub(crate) async fn hide(&self, delivery: &Delivery, delay: Duration) -> Option<Duration> {
        // What came from no queue is held back by whoever brought it.
        let Some(receipt) = &delivery.receipt else {
            return Some(delay);
        };
        let left = LONGEST_HIDING.saturating_sub(receipt.received.until(self.now()));
        let delay = delay.min(left);
        let change = self.ports.queue.change_visibility(receipt, delay);
        let over = self.ports.clock.sleep_until(self.hard_deadline());
        match select(change, over).await {
            Either::Left((Ok(()), _)) => Some(delay),
            Either::Right(_) => None,
            Either::Left((Err(error), _)) => {
                tracing::warn!(
                    message.id = %delivery.message_id,
                    error = &error as &dyn std::error::Error,
                    "the message keeps its queue's visibility timeout"
                );
                None
            }
        }
    }

    /// After how long a message comes back that met something which did not answer. Later each time, for every receive
    /// brings it closer to the dead letters: a hundred of them outlast most of a day.
    pub(crate) fn pause(&self, delivery: &Delivery) -> Duration {
        let doublings = delivery.receive_count.saturating_sub(1).min(7);
        let jitter = Duration::from_millis(self.ports.random.next_u64() % 5000);
        Duration::from_secs(5 << doublings) + jitter
    }

    /// Repeats a call until it is answered or the time is up. Repeating is safe: every write names its claim, and every
    /// message its job.
    pub(crate) async fn until_recorded<'a, T, E: Passing>(
        &self,
        subject: &str,
        give_up: Timestamp,
        call: impl Fn() -> BoxFuture<'a, Result<T, E>>,
    ) -> Result<T, E> {
        let mut pause = Duration::from_millis(50);
        loop {
            let answer =
                match select(call(), self.ports.clock.sleep_until(self.hard_deadline())).await {
                    Either::Left((answer, _)) => answer,
                    // A store that keeps silent must not keep the process until it is killed, neighbours and all.
                    Either::Right(_) => return Err(E::silent(subject)),
                };
            match answer {
                Err(error) if error.is_retryable() && self.now() + pause < give_up => {
                    let jitter = Duration::from_millis(self.ports.random.next_u64() % 50);
                    self.ports
                        .clock
                        .sleep_until(self.now() + pause + jitter)
                        .await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                answer => return answer,
            }
        }
    }
}
