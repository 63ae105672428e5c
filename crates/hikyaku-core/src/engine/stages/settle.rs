//! Settle: the ledger first, then the queue.
//!
//! The order is the point. A job is recorded as done before its message is deleted, and its failed row is written
//! before its message is buried: whatever dies in between, the message comes again and finds the record.

use std::time::Duration;

use hikyaku_laravel::failed::Exception;

use crate::engine::engine::Engine;
use crate::engine::model::attempt::Finished;
use crate::engine::model::claim::{Answer, Claim, Contradiction, Past, REOPENED_QUIET};
use crate::engine::model::decoded::{Decoded, Refused};
use crate::engine::model::ended::Ended;
use crate::engine::model::failure::Failure;
use crate::engine::model::settled::{
    Recorded, Settled, buried, done, fenced, recorded, settled_as, unsettled,
};
use crate::engine::rules::judge::{Judgement, judge};
use crate::engine::stages::bury::{id_of_its_own, warn_of_taken};
use crate::engine::stages::follow::Ending;
use crate::engine::stages::give_back::Spends;
use crate::explain::explain;
use crate::ports::ledger::RETENTION;
use crate::{
    Commit, DeadLetter, Delivery, End, FailedJob, Held, LedgerError, Outcome, Outgoing, Place,
    Release, State, Verdict,
};

/// Why the end of a job does not stand as it was asked for.
enum Unrecorded {
    /// The job's own writes were refused, for this reason.
    Declined(String),
    /// This is what its message is left with instead.
    Otherwise(Settled),
}

impl From<Unrecorded> for Settled {
    /// Of a job that has no writes of its own, none can be refused.
    fn from(unrecorded: Unrecorded) -> Self {
        match unrecorded {
            Unrecorded::Declined(_) => fenced(),
            Unrecorded::Otherwise(settled) => settled,
        }
    }
}

impl Engine<'_> {
    /// Records how the attempt ended and tells the queue.
    pub(crate) async fn settle(&self, job: &Finished<'_>, ended: &Ended) -> Settled {
        if let Ended::Succeeded(success) = ended {
            let commit = success.commit.clone();
            return match self.complete(job, Outcome::Done, commit).await {
                Ok(settled) | Err(Unrecorded::Otherwise(settled)) => settled,
                // Nothing was written: the attempt has failed after all.
                Err(Unrecorded::Declined(reason)) => {
                    self.settle_failure(job, &Ended::declined(&reason)).await
                }
            };
        }
        self.settle_failure(job, ended).await
    }

    async fn settle_failure(&self, job: &Finished<'_>, ended: &Ended) -> Settled {
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
            Judgement::Never { why } => self.fail(job, Failure::of(ended), why).await,
            Judgement::Drop => self.drop_job(job).await,
        }
    }

    /// Buries a job that may not be started any more, without running it.
    pub(crate) async fn settle_exhausted(&self, job: &Finished<'_>) -> Settled {
        let claim = Claim {
            spent: job.claim.spent.saturating_sub(1),
            ..job.claim.clone()
        };
        let job = Finished {
            claim: &claim,
            ..*job
        };
        if job.policy.guarantee == crate::Guarantee::AtMostOnce {
            let error = "outcome unknown: an attempt began and never reported its end".to_owned();
            let failure = Failure::new(Exception::Failed, error);
            return self.fail(&job, failure, "it is run at most once").await;
        }
        let why = match job.policy.retry_until {
            Some(moment) if self.now() > moment => {
                let seconds = moment.as_secs();
                format!("its `retryUntil` ({seconds}) had passed before it could be started")
            }
            _ => "its tries are spent".to_owned(),
        };
        let error = job.attempts_so_far();
        let failure = Failure::new(Exception::TooManyAttempts, error);
        self.fail(&job, failure, &why).await
    }

    /// Gives back a job whose claim was answered too late to run it.
    pub(crate) async fn settle_late(&self, job: &Finished<'_>) -> Settled {
        self.settle_unrun(job, Duration::ZERO, Outcome::Postponed, None)
            .await
    }

    /// Gives back a job that was claimed and did not run. It spends no try.
    pub(crate) async fn settle_unrun(
        &self,
        job: &Finished<'_>,
        delay: Duration,
        outcome: Outcome,
        error: Option<String>,
    ) -> Settled {
        let release = Release {
            tries_spent: job.claim.spent.saturating_sub(1),
            exceptions: job.claim.exceptions,
            error: job.claim.last_error.clone(),
            ..Release::default()
        };
        self.release(job, delay, release, outcome, error).await
    }

    /// Counts a job as done that did not have to run.
    pub(crate) async fn settle_skipped(&self, job: &Finished<'_>) -> Settled {
        let settled = self.complete(job, Outcome::Skipped, None).await;
        settled.unwrap_or_else(Settled::from)
    }

    /// Closes the record of a job whose place a later dispatch has taken. Nothing follows it, as in Laravel.
    pub(crate) async fn settle_superseded(&self, job: &Finished<'_>) -> Settled {
        let end = End {
            dropped: true,
            ..End::plain(self.now() + RETENTION)
        };
        match self.record_end(job, &end, State::Cancelled).await {
            Ok(()) => settled_as(Outcome::Dropped),
            Err(unrecorded) => unrecorded.into(),
        }
    }

    /// Buries a job that was claimed and can never run.
    pub(crate) async fn settle_misfit(&self, job: &Finished<'_>, error: String) -> Settled {
        let failure = Failure::new(Exception::Failed, error);
        self.fail(job, failure, "it cannot be run").await
    }

    /// Sends on what somebody else may be able to run, or writes a message that is no job of ours to the failed store.
    pub(crate) async fn settle_refused(&self, refused: &Refused, delivery: &Delivery) -> Settled {
        let why = explain(&refused.why);
        let is_event = |letter: &DeadLetter| letter.event.is_some();
        let error = match self.origin(delivery) {
            // It was never meant for a queue.
            Some(origin) if delivery.dead_letter.as_ref().is_some_and(is_event) => origin,
            Some(origin) => format!("{why} ({origin})"),
            None => why,
        };
        // A dead letter was everybody's already.
        if refused.is_for_somebody_else()
            && delivery.dead_letter.is_none()
            && let Some(fallback) = self.fallback(delivery)
        {
            return self.forward(delivery, fallback, error).await;
        }
        let (id, now) = (refused.identity(delivery), self.now());
        let row = |id: &str| refused.row(id, delivery, error.clone(), now);
        self.bury_unclaimed(delivery, refused.sent_again(), &id, row, error.clone())
            .await
    }

    /// The fallback queue; a message that came from there has nowhere else to go.
    pub(crate) fn fallback(&self, delivery: &Delivery) -> Option<&str> {
        let fallback = self.ports.laravel.fallback.as_deref()?;
        (fallback != delivery.queue).then_some(fallback)
    }

    /// Sends a message on as it is. It is deleted here only when it is there.
    pub(crate) async fn forward(
        &self,
        delivery: &Delivery,
        fallback: &str,
        error: String,
    ) -> Settled {
        let outgoing = Outgoing::new(fallback, delivery.body.clone(), &delivery.message_id)
            .in_group(delivery.group.clone(), "hikyaku")
            .in_trace(delivery.trace.as_deref());
        let queue = &*self.ports.queue;
        let sent = self.until_recorded(&delivery.message_id, self.hard_deadline(), || {
            queue.send(&outgoing)
        });
        match sent.await {
            Ok(()) => Settled {
                error: Some(error),
                ..settled_as(Outcome::Forwarded)
            },
            Err(error) => self.not_reached(delivery, explain(&error)).await,
        }
    }

    /// Gives back a message that cannot be read because the place of its body does not answer.
    pub(crate) async fn not_reached(&self, delivery: &Delivery, error: String) -> Settled {
        let delay = self.hide(delivery, self.pause(delivery)).await;
        Settled {
            outcome: Outcome::Unsettled,
            verdict: Verdict::Redeliver(delay),
            error: Some(error),
        }
    }

    /// What a claim that was refused leaves: what follows an end that was recorded before, or a row for a message that
    /// contradicts the ledger.
    pub(crate) async fn settle_unclaimed(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        answer: Answer,
    ) -> Settled {
        let Answer {
            outcome,
            verdict,
            error,
            past,
            contradiction,
        } = answer;
        if let Some(contradiction) = contradiction {
            return self
                .settle_contradiction(decoded, delivery, &contradiction)
                .await;
        }
        if let Some(Past::Failed { error, early: true }) = &past
            && let Err(error) = self.restore_row(decoded, delivery, error).await
        {
            return unsettled(&error);
        }
        let ending = match &past {
            Some(Past::Done) => Some(Ending::Done),
            // Most likely for a later dispatch, which nothing follows.
            Some(Past::Cancelled) if decoded.plan.admission.debounce.is_some() => None,
            Some(Past::Cancelled) => Some(Ending::Dropped),
            Some(Past::Failed { error, .. }) => Some(Ending::Failed(error)),
            None => None,
        };
        let settled = Settled {
            outcome,
            verdict,
            error: error.map(|error| explain(&error)),
        };
        match ending {
            Some(ending) if !decoded.plan.is_empty() => {
                let claim = Claim::over();
                let job = Finished::new(decoded, &claim, delivery);
                self.followed(&job, ending, settled).await
            }
            _ => settled,
        }
    }

    /// Buries a message that cannot be what it says.
    async fn settle_contradiction(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        contradiction: &Contradiction,
    ) -> Settled {
        let Decoded {
            id, name, envelope, ..
        } = decoded;
        let (generation, now) = (envelope.generation, self.now());
        let own = id_of_its_own(&delivery.message_id, id);
        let (listed, error) = match contradiction {
            Contradiction::Generation => (
                id,
                format!(
                    "the message says it is generation {generation} of its job, which nothing has opened"
                ),
            ),
            Contradiction::Name(other) => {
                warn_of_taken(id, &own);
                let error = format!(
                    "the uuid `{id}` is that of a job `{other}`, and this message is of `{name}`: it is listed as `{own}`, and runs \
                     under that uuid when it is sent again"
                );
                (&own, error)
            }
        };
        let row = |under: &str| {
            let payload = if under == id {
                envelope.text().to_owned()
            } else {
                envelope.under(under, generation + 1)
            };
            FailedJob::of(delivery, under, name, payload, error.clone(), now)
        };
        self.bury_unclaimed(delivery, listed == id, listed, row, error.clone())
            .await
    }

    async fn complete(
        &self,
        job: &Finished<'_>,
        outcome: Outcome,
        commit: Option<Commit>,
    ) -> Result<Settled, Unrecorded> {
        let end = End {
            commit,
            ..job.end(self.now(), None)
        };
        self.record_end(job, &end, State::Done).await?;
        Ok(self.followed(job, Ending::Done, settled_as(outcome)).await)
    }

    /// Closes the record of a job that is not to be run after all. Its batch goes on, its chain does not.
    async fn drop_job(&self, job: &Finished<'_>) -> Settled {
        let end = End {
            dropped: true,
            ..job.end(self.now(), None)
        };
        let settled = settled_as(Outcome::Dropped);
        match self.record_end(job, &end, State::Cancelled).await {
            Ok(()) => self.followed(job, Ending::Dropped, settled).await,
            Err(unrecorded) => unrecorded.into(),
        }
    }

    /// Writes the end of a job that succeeded or was dropped.
    async fn record_end(
        &self,
        job: &Finished<'_>,
        end: &End,
        state: State,
    ) -> Result<(), Unrecorded> {
        let Some(held) = &job.claim.held else {
            return Ok(());
        };
        let ledger = &*self.ports.ledger;
        let written =
            self.until_recorded(job.id, self.hard_deadline(), || ledger.complete(held, end));
        match written.await {
            Ok(fence) => match recorded(&fence, held, state) {
                Recorded::AsAsked | Recorded::AsDone => Ok(()),
                Recorded::Not => Err(Unrecorded::Otherwise(fenced())),
                Recorded::Declined(reason) => Err(Unrecorded::Declined(reason)),
            },
            Err(error) => Err(Unrecorded::Otherwise(unsettled(&error))),
        }
    }

    /// Sends what follows. The message is kept until all of it was sent: it is what reminds us.
    async fn followed(&self, job: &Finished<'_>, ending: Ending<'_>, settled: Settled) -> Settled {
        match self.follow(job, ending).await {
            Ok(()) => settled,
            // It has ended, and counts as that; only its message is kept.
            Err(error) => Settled {
                verdict: {
                    let pause = self.pause(job.delivery);
                    self.give_back(&job.message(), pause, Spends::Nothing).await
                },
                error: Some(format!(
                    "the job is recorded as {}, but what follows it could not be sent yet: {error}",
                    settled.outcome.word()
                )),
                ..settled
            },
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
            let until = (!delay.is_zero()).then(|| self.now() + delay);
            let release = Release {
                not_before: until,
                expires: until.map(|until| until + RETENTION),
                ..release
            };
            let written = self.until_recorded(job.id, self.hard_deadline(), || {
                ledger.release(held, &release)
            });
            match written
                .await
                .map(|fence| recorded(&fence, held, State::Pending))
            {
                Ok(Recorded::AsAsked) => {}
                Ok(Recorded::AsDone) => return self.followed(job, Ending::Done, done()).await,
                Ok(Recorded::Not | Recorded::Declined(_)) => return fenced(),
                Err(error) => return unsettled(&error),
            }
        }
        let spends = if release.tries_spent < job.claim.spent {
            Spends::Nothing
        } else {
            Spends::ATry
        };
        Settled {
            outcome,
            verdict: self.give_back(&job.message(), delay, spends).await,
            error,
        }
    }

    pub(crate) async fn fail(&self, job: &Finished<'_>, failure: Failure, why: &str) -> Settled {
        let now = self.now();
        let row = |id: &str| job.row(id, &failure, why, now);
        let message_id = &job.delivery.message_id;
        let Some(held) = &job.claim.held else {
            let written = self.write_row(message_id, job.id, Place::OfItsJob, row);
            return match written.await {
                Ok(_) => buried(failure.error),
                Err(error) => unsettled(&error),
            };
        };
        let end = job.end(now, Some(&failure.error));
        let mut written = self.record_failure(job, held, &row(job.id), &end).await;
        if let Ok(Recorded::Declined(_)) = written {
            let own = id_of_its_own(message_id, job.id);
            warn_of_taken(job.id, &own);
            written = self.record_failure(job, held, &row(&own), &end).await;
        }
        match written {
            Ok(Recorded::AsAsked) => {
                let ending = Ending::Failed(&failure.error);
                let settled = buried(failure.error.clone());
                let settled = self.followed(job, ending, settled).await;
                let until = job.claim.reopened.map(|reopened| reopened + REOPENED_QUIET);
                match until.filter(|until| now < *until) {
                    Some(until) => {
                        self.look_again(job.delivery, until, job.id, row, settled)
                            .await
                    }
                    None => settled,
                }
            }
            Ok(Recorded::AsDone) => self.followed(job, Ending::Done, done()).await,
            Ok(Recorded::Not | Recorded::Declined(_)) => fenced(),
            Err(error) => unsettled(&error),
        }
    }

    async fn record_failure(
        &self,
        job: &Finished<'_>,
        held: &Held,
        row: &FailedJob,
        end: &End,
    ) -> Result<Recorded, LedgerError> {
        let ledger = &*self.ports.ledger;
        let written =
            self.until_recorded(job.id, self.hard_deadline(), || ledger.fail(held, row, end));
        let fence = written.await?;
        Ok(recorded(&fence, held, State::Failed))
    }
}
