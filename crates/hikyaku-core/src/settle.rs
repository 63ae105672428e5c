//! Settle: the ledger first, then the queue.
//!
//! The order is the point. A job is recorded as done before its message is deleted, and its failed row is written
//! before its message is buried: whatever dies in between, the message comes again and finds the record.

use std::time::Duration;

use crate::claim::{Claim, REOPENED_QUIET};
use crate::decode::{Decoded, Refused};
use crate::engine::Engine;
use crate::explain::explain;
use crate::judge::{Judgement, judge};
use crate::policy::NEVER_AGAIN;
use crate::ports::ledger::RETENTION;
use crate::run::Ended;
use crate::settled::{Recorded, Settled, buried, done, fenced, recorded, unsettled};
use crate::{Delivery, FailedJob, LedgerError, Outcome, Release, State, Timestamp, Verdict};

/// A job whose attempt is over: all that settling needs to know of it.
pub(crate) struct Finished<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) policy: &'a crate::Policy,
    pub(crate) envelope: &'a hikyaku_laravel::Envelope,
    pub(crate) delivery: &'a Delivery,
    pub(crate) claim: &'a Claim,
}

impl<'a> Finished<'a> {
    pub(crate) fn new(decoded: &'a Decoded, claim: &'a Claim, delivery: &'a Delivery) -> Self {
        let Decoded {
            id,
            name,
            policy,
            envelope,
            ..
        } = decoded;
        Self {
            id,
            name,
            policy,
            envelope,
            delivery,
            claim,
        }
    }

    fn row(&self, error: &str, why: &str, now: Timestamp) -> FailedJob {
        let spent = self.claim.spent;
        let tries = match (self.policy.limit(), self.policy.retry_until) {
            _ if spent >= NEVER_AGAIN => "its last try".to_owned(),
            (Some(tries), None) => format!("try {spent} of {tries}"),
            _ => format!("try {spent}"),
        };
        FailedJob {
            id: self.id.to_owned(),
            queue: self.delivery.queue.clone(),
            payload: self.envelope.with_generation(self.envelope.generation + 1),
            body: None,
            exception: format!(
                "{error}\n\njob `{}` ({}) was buried after {tries}: {why}",
                self.name, self.id
            ),
            failed_at: now,
        }
    }
}

impl Engine<'_> {
    /// Records how the attempt ended and tells the queue.
    pub(crate) async fn settle(&self, job: &Finished<'_>, ended: &Ended) -> Settled {
        if let Ended::Succeeded(_) = ended {
            return self.complete(job).await;
        }
        let error = ended.error();
        if let Ended::Fenced = ended {
            return Settled {
                outcome: Outcome::Fenced,
                verdict: Verdict::Redeliver(None),
                error,
            };
        }
        match judge(
            job.policy,
            job.claim,
            ended,
            self.now(),
            &*self.ports.random,
        ) {
            Judgement::Later {
                delay,
                release,
                outcome,
            } => self.release(job, delay, release, outcome, error).await,
            Judgement::Never { why } => self.fail(job, error.unwrap_or_default(), why).await,
        }
    }

    /// Buries a job that was started too often, without running it.
    pub(crate) async fn settle_exhausted(&self, job: &Finished<'_>) -> Settled {
        let (error, why) = if job.policy.guarantee == crate::Guarantee::AtMostOnce {
            (
                "outcome unknown: an attempt began and never reported its end".to_owned(),
                "it is run at most once",
            )
        } else {
            let last = job.claim.last_error.clone();
            (
                last.unwrap_or_else(|| {
                    "every attempt ended without a report: its process was killed".to_owned()
                }),
                "its tries are spent",
            )
        };
        let spent = job.claim.spent.saturating_sub(1);
        let claim = Claim {
            spent,
            ..job.claim.clone()
        };
        self.fail(
            &Finished {
                claim: &claim,
                ..*job
            },
            error,
            why,
        )
        .await
    }

    /// Gives back a job whose claim was answered too late to run it. It spends no try.
    pub(crate) async fn settle_late(&self, job: &Finished<'_>) -> Settled {
        let release = Release {
            tries_spent: job.claim.spent.saturating_sub(1),
            exceptions: job.claim.exceptions,
            error: job.claim.last_error.clone(),
        };
        self.release(job, Duration::ZERO, release, Outcome::Postponed, None)
            .await
    }

    /// Writes a message that is no job of ours to the failed store.
    pub(crate) async fn settle_refused(&self, refused: &Refused, delivery: &Delivery) -> Settled {
        let row = refused.row(delivery, explain(&refused.why), self.now());
        self.bury_unclaimed(delivery, refused.sent_again(), row)
            .await
    }

    /// What a claim that was refused leaves: nothing, or a row for a message that contradicts the ledger.
    pub(crate) async fn settle_unclaimed(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        answer: (Outcome, Verdict, Option<LedgerError>),
    ) -> Settled {
        let (outcome, verdict, error) = answer;
        if verdict != Verdict::Bury {
            return Settled {
                outcome,
                verdict,
                error: error.map(|error| explain(&error)),
            };
        }
        let generation = decoded.envelope.generation;
        let exception = format!(
            "the message says it is generation {generation} of its job, which nothing has opened"
        );
        let row = FailedJob {
            id: decoded.id.clone(),
            queue: delivery.queue.clone(),
            payload: decoded.envelope.text().to_owned(),
            body: None,
            exception,
            failed_at: self.now(),
        };
        self.bury_unclaimed(delivery, true, row).await
    }

    async fn complete(&self, job: &Finished<'_>) -> Settled {
        let Some(held) = &job.claim.held else {
            return done();
        };
        let expires = self.now() + RETENTION;
        let ledger = &*self.ports.ledger;
        match self
            .until_recorded(job.id, self.hard_deadline(), || {
                ledger.complete(held, expires)
            })
            .await
        {
            Ok(fence) => match recorded(&fence, held, State::Done) {
                Recorded::AsAsked | Recorded::AsDone => done(),
                Recorded::Not => fenced(),
            },
            Err(error) => unsettled(&error),
        }
    }

    async fn release(
        &self,
        job: &Finished<'_>,
        delay: Duration,
        release: Release,
        outcome: Outcome,
        error: Option<String>,
    ) -> Settled {
        if let Some(held) = &job.claim.held {
            let ledger = &*self.ports.ledger;
            let written = self.until_recorded(job.id, self.hard_deadline(), || {
                ledger.release(held, &release)
            });
            match written
                .await
                .map(|fence| recorded(&fence, held, State::Pending))
            {
                Ok(Recorded::AsAsked) => {}
                Ok(Recorded::AsDone) => return done(),
                Ok(Recorded::Not) => return fenced(),
                Err(error) => return unsettled(&error),
            }
        }
        let delay = self.hide(job.delivery, delay).await;
        Settled {
            outcome,
            verdict: Verdict::Redeliver(delay),
            error,
        }
    }

    async fn fail(&self, job: &Finished<'_>, error: String, why: &str) -> Settled {
        let quiet = job.claim.reopened.map(|reopened| reopened + REOPENED_QUIET);
        if let Some(early) = self.too_early_to_bury(quiet).await {
            let release = Release {
                tries_spent: NEVER_AGAIN,
                exceptions: job.claim.exceptions,
                error: Some(error.clone()),
            };
            return self
                .release(job, early, release, Outcome::Released, Some(error))
                .await;
        }
        let Some(held) = &job.claim.held else {
            let row = job.row(&error, why, self.now());
            return self.bury(&row, error).await;
        };
        let row = job.row(&error, why, self.now());
        let expires = self.now() + RETENTION;
        let ledger = &*self.ports.ledger;
        let written = self.until_recorded(job.id, self.hard_deadline(), || {
            ledger.fail(held, &row, expires)
        });
        match written
            .await
            .map(|fence| recorded(&fence, held, State::Failed))
        {
            Ok(Recorded::AsAsked) => buried(error),
            Ok(Recorded::AsDone) => done(),
            Ok(Recorded::Not) => fenced(),
            Err(error) => unsettled(&error),
        }
    }

    /// Waits until what was sent again may be buried again; if there is no time to wait, says how long it takes.
    async fn too_early_to_bury(&self, quiet: Option<Timestamp>) -> Option<Duration> {
        let quiet = quiet?;
        let wait = self.now().until(quiet);
        if wait.is_zero() {
            return None;
        }
        if self.hard_deadline() < quiet {
            return Some(wait);
        }
        self.ports.clock.sleep_until(quiet).await;
        None
    }

    /// The same for a message that was never claimed. Only its first delivery can come too early.
    async fn bury_unclaimed(
        &self,
        delivery: &Delivery,
        sent_again: bool,
        row: FailedJob,
    ) -> Settled {
        let early = sent_again && delivery.receive_count <= 1;
        let quiet = early.then(|| self.now() + REOPENED_QUIET);
        let error = row.exception.clone();
        if let Some(early) = self.too_early_to_bury(quiet).await {
            let delay = self.hide(delivery, early).await;
            return Settled {
                outcome: Outcome::Postponed,
                verdict: Verdict::Redeliver(delay),
                error: Some(error),
            };
        }
        let failed_at = self.now();
        self.bury(&FailedJob { failed_at, ..row }, error).await
    }

    pub(crate) async fn bury(&self, row: &FailedJob, error: String) -> Settled {
        let ledger = &*self.ports.ledger;
        match self
            .until_recorded(&row.id, self.hard_deadline(), || ledger.bury(row))
            .await
        {
            Ok(()) => buried(error),
            Err(error) => unsettled(&error),
        }
    }
}
