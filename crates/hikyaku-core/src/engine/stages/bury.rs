//! Bury: a row of the failed store, under whose id it is, and that it stays there.
//!
//! No job's row takes the place of another's: what failed under an id that is taken is listed under one of its message's own, and
//! its payload carries that, so that sending it again runs it.
//!
//! artisan sends a failed job again first and only then forgets its row, by its id: a row of the next failure that is written in
//! between is forgotten with it. So what fails right after it was sent again is recorded at once, and its message comes back when
//! artisan is surely through, to write the row again if it is gone.

use hikyaku_laravel::derived_uuid;
use hikyaku_laravel::failed::{Exception, exception_text};

use crate::engine::engine::Engine;
use crate::engine::model::claim::REOPENED_QUIET;
use crate::engine::model::decoded::Decoded;
use crate::engine::model::settled::{Settled, buried, settled_as, unsettled};
use crate::{Buried, Delivery, FailedJob, LedgerError, Outcome, Place, Timestamp, Verdict};

/// The id of what failed under an id that is another job's: every delivery of its message has the same.
pub(crate) fn id_of_its_own(message_id: &str, id: &str) -> String {
    derived_uuid(message_id, &format!("failed:{id}"))
}

/// Says that a row is under another id than its job's.
pub(crate) fn warn_of_taken(id: &str, own: &str) {
    tracing::warn!(
        job.id = id,
        failed.uuid = own,
        "another job has this uuid: what failed here is listed under a uuid of its own"
    );
}

impl Engine<'_> {
    /// Writes the row of what failed under `id`, or under an id of its own if that is taken.
    pub(crate) async fn write_row(
        &self,
        message_id: &str,
        id: &str,
        place: Place,
        row: impl Fn(&str) -> FailedJob,
    ) -> Result<Buried, LedgerError> {
        let written = self.write(&row(id), place).await?;
        if written != Buried::Taken {
            return Ok(written);
        }
        let own = id_of_its_own(message_id, id);
        warn_of_taken(id, &own);
        self.write(&row(&own), place).await
    }

    async fn write(&self, row: &FailedJob, place: Place) -> Result<Buried, LedgerError> {
        let ledger = &*self.ports.ledger;
        self.until_recorded(&row.id, self.hard_deadline(), || ledger.bury(row, place))
            .await
    }

    /// Buries a message that was never claimed. `sent_again`: it comes out of the failed store.
    pub(crate) async fn bury_unclaimed(
        &self,
        delivery: &Delivery,
        sent_again: bool,
        id: &str,
        row: impl Fn(&str) -> FailedJob,
        error: String,
    ) -> Settled {
        let message_id = &delivery.message_id;
        // The first delivery has written it.
        if sent_again && delivery.receive_count > 1 {
            let restored = self.write_row(message_id, id, Place::Empty, row).await;
            return match restored {
                Ok(Buried::Written) => buried(error),
                Ok(_) => settled_as(Outcome::FailedBefore),
                Err(error) => unsettled(&error),
            };
        }
        let until = sent_again.then(|| self.now() + REOPENED_QUIET);
        let written = self.write_row(message_id, id, Place::OfItsJob, &row).await;
        match (written, until) {
            (Ok(_), Some(until)) => {
                let settled = buried(error);
                self.look_again(delivery, until, id, row, settled).await
            }
            (Ok(_), None) => buried(error),
            (Err(error), _) => unsettled(&error),
        }
    }

    /// Sees to it that the row of what failed right after it was sent again is there when artisan is through, at `until`: has
    /// the message come back then. If that is over, for an answer may take its time, it looks at once.
    pub(crate) async fn look_again(
        &self,
        delivery: &Delivery,
        until: Timestamp,
        id: &str,
        row: impl Fn(&str) -> FailedJob,
        settled: Settled,
    ) -> Settled {
        if delivery.receipt.is_none() || settled.verdict != Verdict::Bury {
            return settled;
        }
        let wait = self.now().until(until);
        if wait.is_zero() {
            let message_id = &delivery.message_id;
            let restored = self.write_row(message_id, id, Place::Empty, row).await;
            return restored.map_or_else(|error| unsettled(&error), |_| settled);
        }
        Settled {
            verdict: Verdict::Redeliver(self.hide(delivery, wait).await),
            ..settled
        }
    }

    /// Writes the row of such a job again, if it is gone.
    pub(crate) async fn restore_row(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        error: &str,
    ) -> Result<(), LedgerError> {
        let Decoded {
            id, name, envelope, ..
        } = decoded;
        let text = exception_text(
            Exception::Failed,
            name,
            error,
            &[],
            &format!(
                "job `{name}` ({id}) was buried right after it was sent again, and its row was forgotten with the one before"
            ),
        );
        let now = self.now();
        let row = |under: &str| {
            let payload = envelope.under(under, envelope.generation + 1);
            FailedJob::of(delivery, under, name, payload, text.clone(), now)
        };
        let message_id = &delivery.message_id;
        let written = self.write_row(message_id, id, Place::Empty, row).await?;
        if written == Buried::Written {
            tracing::warn!(job.id = %id, "the failed job's row was gone, and is written again");
        }
        Ok(())
    }
}
