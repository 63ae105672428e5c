//! Claim: may the job run now?

use std::time::Duration;

use crate::engine::engine::Engine;
use crate::engine::model::claim::{
    Answer, BEAT_LEASE, Claim, Claimed, Company, Contradiction, LEASE_MARGIN,
};
use crate::engine::model::decoded::Decoded;
use crate::engine::rules::decide::{Decision, decide};
use crate::engine::stages::give_back::{GivenBack, Spends};
use crate::ports::ledger::RETENTION;
use crate::{
    BoxFuture, ClaimReply, ClaimRequest, Delivery, Grant, Guarantee, Held, LedgerError, Outcome,
    Policy, Record, Replace, Timestamp, Verdict,
};

/// How long a claim is tried again. After that the message is better off in its queue.
const CLAIM_PATIENCE: Duration = Duration::from_secs(20);

/// What waits for a moment is granted from so long before it. SQS counts in whole seconds and comes later rather than sooner,
/// so that only clocks that differ could refuse a message that came in time.
const LENIENCE: Duration = Duration::from_secs(1);

impl Engine<'_> {
    /// Claims the job, or says what becomes of its message instead.
    pub(crate) async fn claim(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        company: Company,
    ) -> Claimed {
        if !decoded.policy.guarantee.keeps_ledger() {
            return self.without_ledger(decoded, delivery);
        }
        match self.take(decoded, delivery, company).await {
            Ok(Ok(grant)) => self.granted(decoded, grant),
            Ok(Err(decision)) => self.answer(&decision, decoded, delivery).await,
            Err(error) => self.unreachable(decoded, delivery, error).await,
        }
    }

    fn without_ledger(&self, decoded: &Decoded, delivery: &Delivery) -> Claimed {
        let spent = decoded
            .envelope
            .receives
            .saturating_add(delivery.receive_count.max(1));
        let claim = Claim {
            held: None,
            spent,
            // Nobody counts the errors of a job without a ledger: every earlier delivery passes for one.
            exceptions: spent - 1,
            last_error: None,
            checkpoint: None,
            reopened: None,
            lease: self.lease(&decoded.policy),
        };
        if decoded.policy.exceeded(claim.spent, self.now()) {
            Claimed::Exhausted(claim)
        } else {
            Claimed::Run(claim)
        }
    }

    /// A claim as of now. `owner` stays the same however often it is asked.
    fn request(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        owner: u64,
        company: Company,
    ) -> ClaimRequest {
        let now = self.now();
        ClaimRequest {
            id: decoded.id.clone(),
            job: decoded.name.clone(),
            message: delivery.message_id.clone(),
            generation: decoded.envelope.generation,
            owner,
            now,
            due: match decoded.side {
                Some(_) => now + LENIENCE,
                // What is buried waits for nothing.
                None => Timestamp::from_millis(u64::MAX),
            },
            lease: self.lease(&decoded.policy),
            expires: now + RETENTION,
            // What is started only once spends its one try whoever took its process down.
            alone: company == Company::Alone || decoded.policy.guarantee == Guarantee::AtMostOnce,
            side: decoded.side,
        }
    }

    /// How long a claim made now holds: until the next beat has surely come, or until the attempt is surely over.
    pub(crate) fn lease(&self, policy: &Policy) -> Timestamp {
        let now = self.now();
        if policy.has_heartbeat() {
            now + BEAT_LEASE
        } else {
            self.limit(now, policy) + LEASE_MARGIN
        }
    }

    /// When an attempt under this claim is stopped. An answer that took its time leaves less of it: the lease counts
    /// from the question.
    pub(crate) fn limit_under(
        &self,
        claim: &Claim,
        started: Timestamp,
        policy: &Policy,
    ) -> Timestamp {
        let limit = self.limit(started, policy);
        if policy.has_heartbeat() {
            limit
        } else {
            limit.min(claim.lease - LEASE_MARGIN)
        }
    }

    /// Claims, and writes over what may be written over. The inner error is a decision that stands.
    async fn take(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        company: Company,
    ) -> Result<Result<Grant, Decision>, LedgerError> {
        // Each further round means that somebody else wrote in between; three such races in a row are no chance.
        const ROUNDS: u32 = 3;
        let owner = self.ports.random.next_u64();
        let patience = self.now() + CLAIM_PATIENCE;
        let give_up = self
            .soft_deadline
            .map_or(patience, |soft| soft.min(patience));
        let mut over: Option<(Record, Replace)> = None;
        let mut rounds = 0;
        loop {
            let (request, reply) = self
                .until_recorded(&decoded.id, give_up, || {
                    // Made anew for every try: one of a minute ago would hold for a minute less.
                    let request = self.request(decoded, delivery, owner, company);
                    self.ask(request, over.clone())
                })
                .await?;
            let record = match reply {
                ClaimReply::Granted(grant) => return Ok(Ok(grant)),
                ClaimReply::Refused(record) => record,
            };
            over = match (decide(&request, record.as_ref()), record) {
                (Decision::Mine(grant), _) => return Ok(Ok(grant)),
                (Decision::Replace(Replace::Crashed), Some(seen)) if company == Company::Others => {
                    return Ok(Err(Decision::Suspect { alone: seen.alone }));
                }
                (Decision::Replace(why), Some(seen)) if rounds < ROUNDS => Some((seen, why)),
                (Decision::Vanished, _) if rounds < ROUNDS => None,
                (decision, _) => return Ok(Err(decision)),
            };
            rounds += 1;
        }
    }

    fn ask(
        &self,
        request: ClaimRequest,
        over: Option<(Record, Replace)>,
    ) -> BoxFuture<'_, Result<(ClaimRequest, ClaimReply), LedgerError>> {
        let ledger = &*self.ports.ledger;
        Box::pin(async move {
            let reply = match &over {
                Some((seen, why)) => ledger.replace(&request, seen, *why).await?,
                None => ledger.claim(&request).await?,
            };
            Ok((request, reply))
        })
    }

    fn granted(&self, decoded: &Decoded, grant: Grant) -> Claimed {
        let Decoded { id, policy, .. } = decoded;
        let claim = Claim {
            held: Some(Held {
                id: id.clone(),
                token: grant.token,
            }),
            spent: grant.tries_spent,
            exceptions: grant.exceptions,
            last_error: grant.last_error,
            checkpoint: grant.checkpoint,
            reopened: grant.reopened,
            lease: grant.lease,
        };
        if policy.exceeded(claim.spent, self.now()) {
            return Claimed::Exhausted(claim);
        }
        // The answer may have taken so long that the lease is over and another attempt runs, or almost.
        if self.is_late(&claim, policy) {
            return Claimed::Late(claim);
        }
        Claimed::Run(claim)
    }

    fn is_late(&self, claim: &Claim, policy: &Policy) -> bool {
        let now = self.now();
        if policy.has_heartbeat() {
            now + LEASE_MARGIN >= claim.lease
        } else {
            now.until(self.limit_under(claim, now, policy)) * 2 < self.full_time(policy)
        }
    }

    async fn answer(&self, decision: &Decision, decoded: &Decoded, delivery: &Delivery) -> Claimed {
        let message = GivenBack::of(decoded, delivery);
        match *decision {
            Decision::Acknowledge(outcome, ref past) => Claimed::Answered(Answer {
                outcome,
                verdict: Verdict::Delete,
                error: None,
                past: Some(past.clone()),
                contradiction: None,
            }),
            Decision::Wait(lease) => {
                // Not at the very end of the lease: the loser of that race would only wait once more.
                let jitter = Duration::from_millis(self.ports.random.next_u64() % 1000);
                let delay = self.now().until(lease) + Duration::from_secs(1) + jitter;
                let verdict = self.give_back(&message, delay, Spends::Nothing).await;
                Answer::plain(Outcome::Held, verdict)
            }
            Decision::Delayed(until) => {
                let delay = self.now().until(until);
                let verdict = self.give_back(&message, delay, Spends::Nothing).await;
                Answer::plain(Outcome::Delayed, verdict)
            }
            Decision::Suspect { alone } => Claimed::Suspect { alone },
            Decision::Elsewhere(elsewhere) => Claimed::Elsewhere(elsewhere),
            Decision::Impossible => Answer::contradicted(Contradiction::Generation),
            Decision::Collision(ref other) => {
                Answer::contradicted(Contradiction::Name(other.clone()))
            }
            Decision::Mine(_) | Decision::Replace(_) | Decision::Vanished => {
                Answer::plain(Outcome::Held, Verdict::Redeliver(None))
            }
        }
    }

    /// The ledger is down: the message comes back soon, and no try is spent.
    async fn unreachable(
        &self,
        decoded: &Decoded,
        delivery: &Delivery,
        error: LedgerError,
    ) -> Claimed {
        let message = GivenBack::of(decoded, delivery);
        let pause = self.pause(delivery);
        let verdict = self.give_back(&message, pause, Spends::Nothing).await;
        Claimed::Answered(Answer {
            outcome: Outcome::Unsettled,
            verdict,
            error: Some(error),
            past: None,
            contradiction: None,
        })
    }
}
