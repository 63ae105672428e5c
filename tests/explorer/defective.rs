//! A ledger with one thing wrong with it.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::yield_now;
use hikyaku_core::{
    BoxFuture, Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Held, Ledger, LedgerError,
    Place, Record, Release, Replace, State, Timestamp,
};

use super::defects::Defect;

pub(super) struct Defective {
    pub(super) ledger: Arc<MemoryLedger>,
    pub(super) defect: Defect,
}

impl Defective {
    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    async fn claim_anew(
        &self,
        request: &ClaimRequest,
        record: &Record,
    ) -> Result<ClaimReply, LedgerError> {
        let leased = record.state == State::Running && record.lease >= request.now;
        let mut request = request.clone();
        match self.defect {
            Defect::FollowsWhatFailed if record.state == State::Failed => {
                let mut seen = record.clone();
                seen.state = State::Done;
                return Ok(ClaimReply::Refused(Some(seen)));
            }
            Defect::TakesWhatIsLeased if leased => {
                request.now = record.lease + Duration::from_secs(1);
                return self
                    .ledger
                    .replace(&request, record, Replace::Crashed)
                    .await;
            }
            Defect::IgnoresTheGeneration => {
                request.generation = record.generation;
                // It takes what waits, too.
                request.due = Timestamp::from_millis(u64::MAX);
            }
            Defect::RevivesWhatIsDone if record.state == State::Done => {
                return self
                    .ledger
                    .replace(&request, record, Replace::Reopened)
                    .await;
            }
            Defect::RevivesWhatFailed if record.state == State::Failed => {
                return self
                    .ledger
                    .replace(&request, record, Replace::Reopened)
                    .await;
            }
            _ => {
                let mut seen = record.clone();
                if self.is(Defect::ForgetsTheName) {
                    seen.job = None;
                }
                if self.is(Defect::ForgetsWhoClaims) {
                    seen.owner = !seen.owner;
                }
                if self.is(Defect::SaysDoneOfWhatRuns) && leased {
                    seen.state = State::Done;
                }
                return Ok(ClaimReply::Refused(Some(seen)));
            }
        }
        self.ledger.claim(&request).await
    }

    /// Completes the job whatever its record says.
    async fn overwrite(
        &self,
        held: &Held,
        record: &Record,
        end: &End,
    ) -> Result<Fence, LedgerError> {
        let request = ClaimRequest {
            id: held.id.clone(),
            job: String::new(),
            message: String::new(),
            generation: record.generation,
            owner: record.owner,
            now: record.lease + Duration::from_secs(1),
            due: record.lease,
            lease: record.lease,
            expires: record.expires,
            alone: record.alone,
            side: record.side,
        };
        self.ledger
            .replace(&request, record, Replace::Reopened)
            .await?;
        let record = self.ledger.record(&held.id);
        let held = Held {
            id: held.id.clone(),
            token: record.map_or(held.token, |record| record.token),
        };
        self.ledger.complete(&held, end).await
    }

    /// The token that a release without its condition would go by.
    fn by(&self, held: &Held) -> Held {
        let record = self
            .ledger
            .record(&held.id)
            .filter(|_| self.is(Defect::ReleasesWithoutCondition));
        Held {
            id: held.id.clone(),
            token: record.map_or(held.token, |record| record.token),
        }
    }
}

impl Ledger for Defective {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let mut written = request.clone();
            if self.is(Defect::RefusesForever) {
                let record = running_elsewhere(request);
                return Ok(ClaimReply::Refused(Some(record)));
            }
            if self.is(Defect::ForgetsTheSide) {
                written.side = None;
            }
            let found = self.ledger.record(&request.id);
            if let Some(name) = found.and_then(|record| record.job)
                && self.is(Defect::ForgetsTheName)
            {
                written.job = name;
            }
            if self.is(Defect::ForgetsTheWait) {
                written.due = Timestamp::from_millis(u64::MAX);
            }
            if self.is(Defect::LeasesTooShort) {
                written.lease = request.now + Duration::from_secs(1);
            }
            let reply = match self.ledger.claim(&written).await? {
                ClaimReply::Refused(Some(record)) => self.claim_anew(request, &record).await?,
                reply => reply,
            };
            Ok(match reply {
                ClaimReply::Granted(mut grant) => {
                    grant.lease = request.lease;
                    if self.is(Defect::BelievesLateClaims) {
                        grant.lease = request.lease + Duration::from_secs(1000);
                    }
                    if self.is(Defect::RepeatsTokens) {
                        grant.token = 1;
                    }
                    if self.is(Defect::CountsNoTries) {
                        grant.tries_spent = 1;
                    }
                    ClaimReply::Granted(grant)
                }
                refused @ ClaimReply::Refused(_) => refused,
            })
        })
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(async move {
            let mut seen = seen.clone();
            seen.alone |= self.is(Defect::ChargesNeighbours);
            seen.alone &= !self.is(Defect::ForgetsWhoRanAlone);
            self.ledger.replace(request, &seen, why).await
        })
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            if self.is(Defect::SaysSavedWithoutWriting) {
                return Ok(Fence::Applied);
            }
            self.ledger.save(held, checkpoint).await
        })
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            if self.is(Defect::SaysExtendedWithoutWriting) {
                return Ok(Fence::Applied);
            }
            self.ledger.extend(held, lease).await
        })
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            if self.is(Defect::SaysDoneWithoutWriting) {
                return Ok(Fence::Applied);
            }
            if self.is(Defect::WritesTwice)
                && let Some(record) = self.ledger.record(&held.id)
            {
                self.ledger.extend(held, record.lease).await?;
            }
            let mut end = end.clone();
            if self.is(Defect::LeavesOutWhatIsCommitted) {
                end.commit = None;
            }
            let fence = self.ledger.complete(held, &end).await?;
            if let (Fence::Refused(Some(record)), true) =
                (&fence, self.is(Defect::CompletesWithoutCondition))
            {
                return self.overwrite(held, record, &end).await;
            }
            Ok(fence)
        })
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let mut release = release.clone();
            if self.is(Defect::ChargesContinuations)
                && let Some(record) = self.ledger.record(&held.id)
            {
                release.tries_spent = record.tries_spent;
            }
            self.ledger.release(&self.by(held), &release).await
        })
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let fence = self.ledger.fail(held, row, end).await?;
            if fence == Fence::Applied && self.is(Defect::WritesTheRowAfterwards) {
                self.ledger.forget(&row.id);
                yield_now().await;
                self.ledger.bury(row, Place::OfItsJob).await?;
            }
            Ok(fence)
        })
    }

    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>> {
        Box::pin(async move {
            if self.is(Defect::SaysBuriedWithoutWriting) {
                return Ok(Buried::Written);
            }
            if self.is(Defect::ForgetsTheRow) && place == Place::Empty {
                return Ok(Buried::There);
            }
            self.ledger.bury(row, place).await
        })
    }
}

/// What another attempt's record would look like.
fn running_elsewhere(request: &ClaimRequest) -> Record {
    Record {
        state: State::Running,
        token: 1,
        tries_spent: 1,
        generation: request.generation,
        lease: request.now + Duration::from_secs(60),
        owner: !request.owner,
        alone: true,
        checkpoint: None,
        exceptions: 0,
        last_error: None,
        reopened: None,
        not_before: None,
        expires: request.expires,
        job: Some(request.job.clone()),
        side: request.side,
        side_before: None,
    }
}
