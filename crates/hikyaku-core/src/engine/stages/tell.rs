//! Courier: jobs that run in another program, under whatever name.
//!
//! A worker with a courier takes every message that reads as a job. What it has no job of its own for, or cannot run
//! itself (a closure, a middleware that is code), the courier hands to the other program. The engine keeps what it keeps
//! of every job: the claim, tries, backoff, timeout, the failed store. What the message asks for beyond that (chain,
//! batch, locks, callbacks) it does not look at: the other program does all of it.

use crate::engine::engine::Engine;
use crate::engine::model::attempt::Finished;
use crate::explain::explain;
use crate::job::lane::Lane;
use crate::ports::courier::Parcel;

impl Engine<'_> {
    /// Tells the courier that a job of its has failed.
    pub(crate) async fn tell_failed(
        &self,
        job: &Finished<'_>,
        lane: &Lane,
        error: &str,
    ) -> Result<(), String> {
        let parcel = Parcel {
            id: job.id.to_owned(),
            name: job.name.to_owned(),
            body: job.envelope.text().to_owned(),
            queue: job.delivery.queue.clone(),
            generation: job.envelope.generation,
            attempt: job.claim.spent,
            receives: job.delivery.receive_count,
            deadline: self.hard_deadline(),
        };
        let over = self.ports.clock.sleep_until(parcel.deadline);
        let told = lane.courier.tell_failed(parcel, error.to_owned());
        match futures_util::future::select(told, over).await {
            futures_util::future::Either::Left((told, _)) => told.map_err(|error| explain(&*error)),
            futures_util::future::Either::Right(_) => {
                Err("it did not answer in the time that is left".to_owned())
            }
        }
    }
}
