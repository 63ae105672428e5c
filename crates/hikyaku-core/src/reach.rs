//! Reaching the ledger and the queue: again until there is an answer, and never beyond the process's end.

use std::time::Duration;

use futures_util::future::{Either, select};

use crate::engine::Engine;
use crate::ports::store::Passing;
use crate::{BoxFuture, Timestamp};

impl Engine<'_> {
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
