//! Reaching the ledger and the queue: again until there is an answer, and never beyond the process's end.

use futures_util::future::{Either, select};

use crate::engine::engine::Engine;
use crate::ports::pauses::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::ports::store::Passing;
use crate::{BoxFuture, Pauses, Timestamp};

impl Engine<'_> {
    /// Repeats a call until it is answered or the time is up. Repeating is safe: every write names its claim, and every
    /// message its job.
    pub(crate) async fn until_recorded<'a, T, E: Passing>(
        &self,
        subject: &str,
        give_up: Timestamp,
        call: impl Fn() -> BoxFuture<'a, Result<T, E>>,
    ) -> Result<T, E> {
        let mut pauses = Pauses::new(&*self.ports.random, FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let answer =
                match select(call(), self.ports.clock.sleep_until(self.hard_deadline())).await {
                    Either::Left((answer, _)) => answer,
                    // A store that keeps silent must not keep the process until it is killed, neighbours and all.
                    Either::Right(_) => return Err(E::silent(subject)),
                };
            let pause = pauses.next();
            match answer {
                Err(error) if error.is_retryable() && self.now() + pause < give_up => {
                    self.ports.clock.sleep_until(self.now() + pause).await;
                }
                answer => return answer,
            }
        }
    }
}
