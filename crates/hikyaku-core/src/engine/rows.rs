//! Rows of the failed store: under whose id they are.
//!
//! No job's row takes the place of another's: what failed under an id that is taken is listed under one of its message's own, and
//! its payload carries that, so that sending it again runs it.

use hikyaku_laravel::derived_uuid;

use crate::engine::engine::Engine;
use crate::{Buried, FailedJob, LedgerError, Place};

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
}
