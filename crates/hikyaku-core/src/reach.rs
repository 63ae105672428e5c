//! Reaching the ledger and the queue: again until there is an answer, and never beyond the process's end.

use std::time::Duration;

use futures_util::future::{Either, select};

use crate::engine::Engine;
use crate::ports::store::Passing;
use crate::{BoxFuture, Timestamp};

/// Between two tries of one call.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Engine<'_> {
    /// Repeats a call until it is answered or the time is up. Repeating is safe: every write names its claim, and every
    /// message its job.
    pub(crate) async fn until_recorded<'a, T, E: Passing>(
        &self,
        subject: &str,
        give_up: Timestamp,
        call: impl Fn() -> BoxFuture<'a, Result<T, E>>,
    ) -> Result<T, E> {
        // Full jitter: what failed together, the ends of one batch, must not come together again.
        let mut longest = Duration::from_millis(100);
        loop {
            let answer =
                match select(call(), self.ports.clock.sleep_until(self.hard_deadline())).await {
                    Either::Left((answer, _)) => answer,
                    // A store that keeps silent must not keep the process until it is killed, neighbours and all.
                    Either::Right(_) => return Err(E::silent(subject)),
                };
            let pause = self.some_of(longest);
            match answer {
                Err(error) if error.is_retryable() && self.now() + pause < give_up => {
                    self.ports.clock.sleep_until(self.now() + pause).await;
                    longest = (longest * 2).min(LONGEST_PAUSE);
                }
                answer => return answer,
            }
        }
    }

    /// A part of this time, left to chance; a millisecond at least.
    fn some_of(&self, longest: Duration) -> Duration {
        let most = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(1 + self.ports.random.next_u64() % most.max(1))
    }
}
