//! Claim: may the job run now?

use std::time::Duration;

use crate::engine::engine::Engine;
use crate::engine::model::claim::{BEAT_LEASE, Claim, Company, LEASE_MARGIN};
use crate::engine::model::decoded::Decoded;
use crate::engine::model::stop::{Contradiction, Stop};
use crate::engine::rules::decide::{Decision, decide};
use crate::explain::explain;
use crate::ports::ledger::RETENTION;
use crate::{
    BoxFuture, ClaimReply, ClaimRequest, Delivery, Grant, Guarantee, Held, LedgerError, Outcome,
    Policy, Record, Replace, Timestamp,
};

/// How long a claim is tried again. After that the message is better off in its queue.
const CLAIM_PATIENCE: Duration = Duration::from_secs(20);

/// What waits for a moment is granted from so long before it. SQS counts in whole seconds and comes later rather than sooner,
/// so that only clocks that differ could refuse a message that came in time.
const LENIENCE: Duration = Duration::from_secs(1);

/// Claims the job, or says why not.
pub(crate) async fn claim(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    company: Company,
) -> Result<Claim, Stop> {
    if !decoded.policy.guarantee.keeps_ledger() {
        return Ok(without_ledger(engine, decoded, delivery));
    }
    match take(engine, decoded, delivery, company).await {
        Ok(Ok(grant)) => Ok(granted(decoded, grant)),
        Ok(Err(decision)) => Err(refused(engine, decision)),
        // No try is spent, and the message comes back soon.
        Err(error) => Err(Stop::unsettled(engine.pause(delivery), explain(&error))),
    }
}

/// Whether a claimed job may be started. Not if it was started too often already, or if the claim's answer took so long that
/// the lease is over and another attempt runs, or almost.
pub(crate) fn may_start(engine: &Engine<'_>, policy: &Policy, claim: &Claim) -> Result<(), Stop> {
    if policy.exceeded(claim.spent, engine.now()) {
        return Err(Stop::Exhausted);
    }
    if is_late(engine, claim, policy) {
        return Err(Stop::later(Outcome::Postponed, Duration::ZERO));
    }
    Ok(())
}

fn without_ledger(engine: &Engine<'_>, decoded: &Decoded, delivery: &Delivery) -> Claim {
    let spent = decoded
        .envelope
        .receives
        .saturating_add(delivery.receive_count.max(1));
    Claim {
        held: None,
        spent,
        // Nobody counts the errors of a job without a ledger: every earlier delivery passes for one.
        exceptions: spent - 1,
        last_error: None,
        checkpoint: None,
        reopened: None,
        lease: lease(engine, &decoded.policy),
    }
}

/// A claim as of now. `owner` stays the same however often it is asked.
fn request(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    owner: u64,
    company: Company,
) -> ClaimRequest {
    let now = engine.now();
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
        lease: lease(engine, &decoded.policy),
        expires: now + RETENTION,
        // What is started only once spends its one try whoever took its process down.
        alone: company == Company::Alone || decoded.policy.guarantee == Guarantee::AtMostOnce,
        side: decoded.side,
    }
}

/// How long a claim made now holds: until the next beat has surely come, or until the attempt is surely over.
pub(crate) fn lease(engine: &Engine<'_>, policy: &Policy) -> Timestamp {
    let now = engine.now();
    if policy.has_heartbeat() {
        now + BEAT_LEASE
    } else {
        engine.limit(now, policy) + LEASE_MARGIN
    }
}

/// When an attempt under this claim is stopped. An answer that took its time leaves less of it: the lease counts
/// from the question.
pub(crate) fn limit_under(
    engine: &Engine<'_>,
    claim: &Claim,
    started: Timestamp,
    policy: &Policy,
) -> Timestamp {
    let limit = engine.limit(started, policy);
    if policy.has_heartbeat() {
        limit
    } else {
        limit.min(claim.lease - LEASE_MARGIN)
    }
}

/// Claims, and writes over what may be written over. The inner error is a decision that stands.
async fn take(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    company: Company,
) -> Result<Result<Grant, Decision>, LedgerError> {
    // Each further round means that somebody else wrote in between; three such races in a row are no chance.
    const ROUNDS: u32 = 3;
    let owner = engine.ports.random.next_u64();
    let patience = engine.now() + CLAIM_PATIENCE;
    let give_up = engine
        .soft_deadline
        .map_or(patience, |soft| soft.min(patience));
    let mut over: Option<(Record, Replace)> = None;
    let mut rounds = 0;
    loop {
        let (request, reply) = engine
            .until_recorded(&decoded.id, give_up, || {
                // Made anew for every try: one of a minute ago would hold for a minute less.
                let request = request(engine, decoded, delivery, owner, company);
                ask(engine, request, over.clone())
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

fn ask<'a>(
    engine: &'a Engine<'_>,
    request: ClaimRequest,
    over: Option<(Record, Replace)>,
) -> BoxFuture<'a, Result<(ClaimRequest, ClaimReply), LedgerError>> {
    let ledger = &*engine.ports.ledger;
    Box::pin(async move {
        let reply = match &over {
            Some((seen, why)) => ledger.replace(&request, seen, *why).await?,
            None => ledger.claim(&request).await?,
        };
        Ok((request, reply))
    })
}

fn is_late(engine: &Engine<'_>, claim: &Claim, policy: &Policy) -> bool {
    let now = engine.now();
    if policy.has_heartbeat() {
        now + LEASE_MARGIN >= claim.lease
    } else {
        now.until(limit_under(engine, claim, now, policy)) * 2 < engine.full_time(policy)
    }
}

fn refused(engine: &Engine<'_>, decision: Decision) -> Stop {
    match decision {
        Decision::Acknowledge(outcome, past) => Stop::Past(outcome, past),
        Decision::Wait(lease) => {
            // Not at the very end of the lease: the loser of that race would only wait once more.
            let jitter = Duration::from_millis(engine.ports.random.next_u64() % 1000);
            let delay = engine.now().until(lease) + Duration::from_secs(1) + jitter;
            Stop::later(Outcome::Held, delay)
        }
        Decision::Delayed(until) => Stop::later(Outcome::Delayed, engine.now().until(until)),
        Decision::Suspect { alone } => Stop::Alone { proven: alone },
        Decision::Elsewhere(elsewhere) => Stop::Elsewhere(elsewhere),
        Decision::Impossible => Stop::Contradiction(Contradiction::Generation),
        Decision::Collision(other) => Stop::Contradiction(Contradiction::Name(other)),
        // Somebody else wrote in between, again and again.
        Decision::Mine(_) | Decision::Replace(_) | Decision::Vanished => Stop::Raced,
    }
}

fn granted(decoded: &Decoded, grant: Grant) -> Claim {
    Claim {
        held: Some(Held {
            id: decoded.id.clone(),
            token: grant.token,
        }),
        spent: grant.tries_spent,
        exceptions: grant.exceptions,
        last_error: grant.last_error,
        checkpoint: grant.checkpoint,
        reopened: grant.reopened,
        lease: grant.lease,
    }
}
