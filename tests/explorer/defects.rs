//! The explorer must be able to fail: one rule of the ledger broken at a time, and each of them noticed.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::explore::{exhaust, wander};
use hikyaku_core::testing::yield_now;
use hikyaku_core::{
    BoxFuture, ClaimReply, ClaimRequest, End, FailedJob, Fence, Held, Ledger, LedgerError, Record,
    Release, Replace, State, Timestamp,
};

use super::application::Ends;
use super::book::rule;
use super::play::Act::{Commit, Error, Fail, Ok as Done, Part};
use super::simulation::{Plan, Scenario};
use super::{plan, poisoned, scenario};

/// What a ledger does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    CompletesWithoutCondition,
    ReleasesWithoutCondition,
    SaysDoneWithoutWriting,
    ForgetsWhoClaims,
    LeasesTooShort,
    TakesWhatIsLeased,
    SaysDoneOfWhatRuns,
    IgnoresTheGeneration,
    RevivesWhatFailed,
    RepeatsTokens,
    CountsNoTries,
    WritesTheRowAfterwards,
    ChargesNeighbours,
    SaysSavedWithoutWriting,
    LeavesOutWhatIsCommitted,
}

struct Defective {
    ledger: Arc<MemoryLedger>,
    defect: Defect,
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
            Defect::TakesWhatIsLeased if leased => {
                request.now = record.lease + Duration::from_secs(1);
                return self
                    .ledger
                    .replace(&request, record, Replace::Crashed)
                    .await;
            }
            Defect::IgnoresTheGeneration => request.generation = record.generation,
            Defect::RevivesWhatFailed if record.state == State::Failed => {
                return self
                    .ledger
                    .replace(&request, record, Replace::Reopened)
                    .await;
            }
            _ => {
                let mut seen = record.clone();
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

    /// The token that a write without its condition would go by.
    fn by(&self, held: &Held, unconditional: Defect) -> Held {
        let record = self
            .ledger
            .record(&held.id)
            .filter(|_| self.is(unconditional));
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
        self.ledger.extend(held, lease)
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
            let mut end = end.clone();
            if self.is(Defect::LeavesOutWhatIsCommitted) {
                end.commit = None;
            }
            self.ledger
                .complete(&self.by(held, Defect::CompletesWithoutCondition), &end)
                .await
        })
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            self.ledger
                .release(&self.by(held, Defect::ReleasesWithoutCondition), release)
                .await
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
                self.ledger.bury(row).await?;
            }
            Ok(fence)
        })
    }

    fn bury<'a>(&'a self, row: &'a FailedJob) -> BoxFuture<'a, Result<(), LedgerError>> {
        self.ledger.bury(row)
    }
}

/// A job that is done at its first start, by a ledger of its own.
fn once(acts: &[super::play::Act], faults: u32, moves: u32, retries: u32) -> Scenario {
    scenario(vec![plan("once", acts, 2)], faults, moves, retries)
}

/// The defect, a world in which it shows, and the rules one of which it breaks.
fn worlds() -> Vec<(Defect, Scenario, &'static [&'static str])> {
    use Defect::*;
    let costly = Scenario {
        cost: Some((1, 2)),
        ..once(&[Done], 1, 0, 0)
    };
    let slow = scenario(
        vec![Plan {
            sleep: 30,
            ..plan("once", &[Done], 2)
        }],
        1,
        0,
        0,
    );
    // The message comes back while its job still runs.
    let hasty = Scenario {
        visibility: 20,
        ..slow.clone()
    };
    vec![
        (
            CompletesWithoutCondition,
            once(&[Done], 1, 2, 0),
            &[rule::ONE_COMPLETION, rule::DONE_IS_DONE],
        ),
        (
            ReleasesWithoutCondition,
            once(&[Error], 2, 2, 0),
            &[rule::ONE_AT_A_TIME, rule::TRIES_HOLD],
        ),
        (
            SaysDoneWithoutWriting,
            once(&[Done], 0, 0, 0),
            &[rule::NOTHING_IS_LOST],
        ),
        (ForgetsWhoClaims, costly, &[rule::MILD_FAULTS_ARE_FREE]),
        (LeasesTooShort, slow, &[rule::ONE_AT_A_TIME]),
        (
            TakesWhatIsLeased,
            once(&[Done], 1, 0, 0),
            &[rule::ONE_AT_A_TIME],
        ),
        (SaysDoneOfWhatRuns, hasty, &[rule::NOTHING_IS_LOST]),
        (
            IgnoresTheGeneration,
            once(&[Fail, Error, Done], 1, 0, 1),
            &[rule::STALE_NEVER_RUNS],
        ),
        (
            RevivesWhatFailed,
            once(&[Error], 1, 0, 0),
            &[rule::TRIES_HOLD],
        ),
        (RepeatsTokens, once(&[Error], 0, 0, 0), &[rule::TOKENS_GROW]),
        (CountsNoTries, once(&[Error], 0, 0, 0), &[rule::TRIES_HOLD]),
        (
            WritesTheRowAfterwards,
            once(&[Fail], 1, 0, 0),
            &[rule::NOTHING_IS_LOST],
        ),
    ]
}

/// The same, of what is promised to a job's neighbours, its progress and its own writes.
fn more_worlds() -> Vec<(Defect, Scenario, &'static [&'static str])> {
    use Defect::*;
    vec![
        (
            ChargesNeighbours,
            poisoned(2, 0, 0),
            &[rule::NEIGHBOURS_LOSE_NOTHING],
        ),
        (
            SaysSavedWithoutWriting,
            once(&[Part], 0, 0, 0),
            &[rule::PROGRESS_IS_KEPT],
        ),
        (
            LeavesOutWhatIsCommitted,
            once(&[Commit], 0, 0, 0),
            &[rule::EFFECT_IS_ONCE],
        ),
    ]
}

/// Looks for a run in which the defect shows, and says how it was noticed. Err: it was not, or not by its rule.
pub(super) fn noticed(name: &str, scenario: &Scenario, rules: &[&str]) -> Result<(), String> {
    const MANY: u64 = 20_000;
    let run = |choices: &_| scenario.run(choices);
    let failure = exhaust(run, |runs| runs < MANY)
        .failure
        .or_else(|| wander(run, 1, 100, |runs| runs < MANY).failure);
    let failure = failure.ok_or_else(|| format!("{name} is not noticed"))?;
    println!("{name}: {} (run {})", failure.what, failure.runs);
    if !rules.iter().any(|rule| failure.what.starts_with(rule)) {
        return Err(format!("{name}: {failure}"));
    }
    if failure.answers.len() >= 40 {
        return Err(format!("{name} is not shrunk: {failure}"));
    }
    Ok(())
}

/// All of them were noticed.
#[track_caller]
pub(super) fn all(noticed: impl Iterator<Item = Result<(), String>>) {
    let missed: Vec<String> = noticed.filter_map(Result::err).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_defect_is_noticed_by_its_rule() {
    let worlds = worlds().into_iter().chain(more_worlds());
    all(worlds.map(|(defect, scenario, rules)| {
        let defective = Scenario {
            around: Arc::new(move |origin| Ends {
                ledger: Arc::new(Defective {
                    ledger: Arc::clone(&origin.ledger),
                    defect,
                }),
                ..origin.ends()
            }),
            ..scenario
        };
        noticed(&format!("{defect:?}"), &defective, rules)
    }));
}

#[test]
fn a_queue_that_keeps_no_order_is_noticed() {
    let mut plans = vec![plan("once", &[Error, Done], 2), plan("once", &[Done], 2)];
    for plan in &mut plans {
        plan.group = Some("g");
    }
    let unordered = Scenario {
        is_ordered: false,
        ..scenario(plans, 0, 0, 0)
    };
    let name = "a queue that keeps no order";
    all([noticed(name, &unordered, &[rule::ORDER_IS_KEPT])].into_iter());
}
