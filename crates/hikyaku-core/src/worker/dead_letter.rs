//! Dead letters: what a queue has given up becomes a failed job, with what is known of it.
//!
//! SQS moves a message to the dead-letter queue when it was received as often as its `maxReceiveCount` says and nobody
//! settled it: a function that cannot start, a ledger that was down for hours. The job did not fail; nobody could say so.

use std::fmt::Write as _;
use std::time::Duration;

use hikyaku_laravel::{Envelope, Tries};

use crate::engine::engine::Engine;
use crate::engine::model::claim::{Claim, Company};
use crate::engine::model::decoded::Decoded;
use crate::engine::model::failure::Failure;
use crate::engine::model::plan::Admission;
use crate::engine::model::stop::Stop;
use crate::engine::model::way::Way;
use crate::engine::stages::claim::{claim, may_start};
use crate::engine::stages::decode::decode;
use crate::job::policy::Description;
use crate::job::prepared::{Declared, Prepared, Run};
use crate::job::registry::{Registered, Registry};
use crate::{Delivery, Guarantee, JobError, Side, Timestamp, Worker};

/// Burying takes a few writes.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Worker<()> {
    /// A worker for dead-letter queues. It knows every job and runs none: a job that has not ended is buried, in the
    /// transaction that ends any job, so that its batch, its locks and its callbacks learn of it; one that is done is
    /// acknowledged, and what follows it is sent; one that runs is waited for; what is no job is kept to the letter.
    ///
    /// It needs what the jobs' own functions are told of the application. Two writes a message; four or more units for
    /// the transaction.
    pub fn of_dead_letters() -> Self {
        let mut registry = Registry::new();
        registry.take_any(Registered {
            description: Description::of_anything(),
            prepare: |_| {
                let run: Run<()> = Box::new(|_| {
                    let unreachable = JobError::fail("a dead letter is buried, not run");
                    Box::pin(std::future::ready(Err(unreachable)))
                });
                Ok(Prepared {
                    run,
                    declared: Declared::default(),
                })
            },
        });
        Self::burying(registry)
    }
}

impl<S: Send + Sync + 'static> Worker<S> {
    /// Buries a job that a queue has given up, unless it has ended or runs.
    pub(crate) async fn bury(
        &self,
        engine: &Engine<'_>,
        way: &mut Way<'_>,
        envelope: Envelope,
    ) -> Result<Stop, Stop> {
        let laravel = &engine.ports.laravel;
        let (mut decoded, _) = decode(&self.registry, envelope, way.delivery, laravel, Side::Rust)?;
        way.stages.decoded = Some(engine.now());
        way.names(decoded.id.clone(), Some(decoded.name.clone()));
        unlimit(&mut decoded);
        let decoded = way.decoded.insert(decoded);
        // Nothing runs here, so nobody can be taken down by it.
        let claim = claim(engine, decoded, way.delivery, Company::Alone).await?;
        let claim = way.claim.insert(claim);
        may_start(engine, &decoded.policy, claim)?;
        // The claim is a try of nobody's.
        claim.spent = claim.spent.saturating_sub(1);
        Ok(Stop::Failed {
            failure: Failure::plain(story(way.delivery, claim, engine.now())),
            why: "it came to the dead-letter queue".to_owned(),
        })
    }
}

/// What is known of a message that nobody settled.
fn story(delivery: &Delivery, claim: &Claim, now: Timestamp) -> String {
    let unknown = || "dead letter: nobody says which queue gave it up".to_owned();
    let mut story = delivery.origin(now).unwrap_or_else(unknown);
    let _ = match &claim.last_error {
        Some(error) => write!(story, "; its last error was: {error}"),
        None if claim.spent > 0 => {
            write!(
                story,
                "; {} attempts began and none reported its end",
                claim.spent
            )
        }
        None => story.write_str(without_a_try(delivery, claim)),
    };
    story
}

/// Of a job whose record knows of no try. The claim that buries it is the first of a job that has no record.
fn without_a_try(delivery: &Delivery, claim: &Claim) -> &'static str {
    let was_claimed = claim.held.as_ref().is_some_and(|held| held.token > 1);
    if was_claimed {
        "; it began and spent no try: it was snoozed or given back each time"
    } else if delivery.group.is_some() {
        "; no attempt of it is on record: in its message group others stood before it that came again each time, and it with them"
    } else {
        "; no attempt of it is on record (an AtLeastOnce job keeps none)"
    }
}

/// The job's own limits are for running it, and what it has to pass before it runs is passed by nobody. Locks that end
/// when it begins end now.
fn unlimit(decoded: &mut Decoded) {
    let policy = &mut decoded.policy;
    policy.tries = Tries::Unlimited;
    policy.max_exceptions = 0;
    policy.retry_until = None;
    policy.timeout = TIMEOUT;
    policy.guarantee = Guarantee::Once;
    decoded.side = None;
    let admission = std::mem::take(&mut decoded.plan.admission);
    let Admission { unlock, .. } = admission;
    decoded.plan.unlock.extend(unlock);
}
