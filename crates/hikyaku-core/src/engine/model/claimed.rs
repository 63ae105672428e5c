//! A claimed job.

use hikyaku_laravel::failed::exception_text;

use crate::engine::model::claim::Claim;
use crate::engine::model::decoded::Decoded;
use crate::engine::model::failure::Failure;
use crate::engine::model::plan::Plan;
use crate::engine::rules::judge::short;
use crate::job::policy::NEVER_AGAIN;
use crate::ports::ledger::RETENTION;
use crate::{Delivery, End, FailedJob, Release, Timestamp};

/// A claimed job: its message and its claim.
#[derive(Clone, Copy)]
pub(crate) struct Claimed<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) policy: &'a crate::Policy,
    pub(crate) plan: &'a Plan,
    pub(crate) envelope: &'a hikyaku_laravel::Envelope,
    pub(crate) delivery: &'a Delivery,
    pub(crate) claim: &'a Claim,
}

impl<'a> Claimed<'a> {
    pub(crate) fn new(decoded: &'a Decoded, claim: &'a Claim, delivery: &'a Delivery) -> Self {
        let Decoded {
            id,
            name,
            policy,
            plan,
            envelope,
            ..
        } = decoded;
        Self {
            id,
            name,
            policy,
            plan,
            envelope,
            delivery,
            claim,
        }
    }

    /// Gives its try back.
    pub(crate) fn refund(&self) -> Release {
        Release {
            tries_spent: self.claim.spent.saturating_sub(1),
            exceptions: self.claim.exceptions,
            error: self.claim.last_error.clone(),
            ..Release::default()
        }
    }

    /// How the record is closed when the job has run or failed.
    pub(crate) fn end(&self, now: Timestamp, error: Option<&str>) -> End {
        End {
            error: error.map(short),
            batch: self.plan.batch.clone(),
            unlock: self.plan.unlock.clone(),
            ..End::plain(now + RETENTION)
        }
    }

    /// What is known of the attempts of a job that is not started again.
    pub(crate) fn attempts_so_far(&self) -> String {
        let Claim {
            held,
            spent,
            last_error,
            ..
        } = self.claim;
        match last_error {
            Some(error) => error.clone(),
            None if *spent == 0 => "no attempt of it ever began".to_owned(),
            None if held.is_none() => format!(
                "it was received {} times, and it keeps no record of its attempts: nobody knows whether one began",
                spent + 1
            ),
            None => "every attempt ended without a report: its process was killed".to_owned(),
        }
    }

    /// The row of the failed store under this id.
    pub(crate) fn row(&self, id: &str, failure: &Failure, why: &str, now: Timestamp) -> FailedJob {
        let spent = self.claim.spent;
        let tries = match (self.policy.limit(), self.policy.retry_until) {
            _ if spent == 0 => "before its first try".to_owned(),
            _ if spent >= NEVER_AGAIN => "after its last try".to_owned(),
            (Some(tries), None) => format!("after try {spent} of {tries}"),
            _ => format!("after try {spent}"),
        };
        let text = exception_text(
            failure.exception,
            self.name,
            &failure.error,
            &failure.causes,
            &format!(
                "job `{}` ({}) was buried {tries}: {why}",
                self.name, self.id
            ),
        );
        let payload = self.envelope.under(id, self.envelope.generation + 1);
        FailedJob::of(self.delivery, id, self.name, payload, text, now)
    }
}
