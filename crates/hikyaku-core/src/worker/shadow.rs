//! Shadow: what PHP has run runs in Rust too, without effects, to compare what becomes of it.
//!
//! It comes when PHP's attempt is settled and logged, so that it can keep nothing from being recorded. It claims nothing, takes no
//! lock, prolongs nothing and sends nothing; its record is a count beside the routes. If the process dies in it, the message comes
//! again and finds its job settled.

use std::future::{pending, ready};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};

use crate::engine::engine::Engine;
use crate::engine::model::claim::Claim;
use crate::engine::model::decoded::Decoded;
use crate::engine::model::ended::Ended;
use crate::engine::model::stop::Stop;
use crate::engine::model::way::Way;
use crate::engine::rules::judge::{judge, short};
use crate::engine::stages::decode::here;
use crate::engine::stages::route::PATIENCE;
use crate::engine::stages::run::{Job, Posts, Times, start, until_it_ends};
use crate::explain::explain;
use crate::job::checkpoint::Place;
use crate::job::prepared::Prepared;
use crate::{Compared, Comparison, Delivery, Outcome, Policy, Report, Side, Worker};

impl<S: Send + Sync + 'static> Worker<S> {
    /// Runs the shadow of what has run in PHP, if it is to have one, and counts how both ended.
    pub(crate) async fn shadow(&self, way: &Way<'_>, report: &Report, engine: &Engine<'_>) {
        let (true, Some(decoded), Some(claim)) = (way.has_shadow, &way.decoded, &way.claim) else {
            return;
        };
        if decoded.side != Some(Side::Php) {
            return;
        }
        let php = Compared {
            outcome: report.outcome,
            error: report.error.as_deref().map(short),
            took: report.stages.running(),
        };
        // Of all else PHP has given no verdict.
        if !matches!(
            php.outcome,
            Outcome::Done | Outcome::Released | Outcome::Buried
        ) {
            return;
        }
        let Some(rust) = self.rust(decoded, claim, way.delivery, engine).await else {
            return;
        };
        let comparison = Comparison {
            job: decoded.name.clone(),
            id: decoded.id.clone(),
            attempt: claim.spent,
            php,
            rust,
            at: engine.now(),
        };
        compared(engine, &comparison).await;
    }

    /// What would have become of it in Rust. None: that is not known, or it could not have run there.
    async fn rust(
        &self,
        decoded: &Decoded,
        claim: &Claim,
        delivery: &Delivery,
        engine: &Engine<'_>,
    ) -> Option<Compared> {
        let job = self.registry.on_both_sides(&decoded.name)?;
        if !job.description.shadow {
            return None;
        }
        let laravel = &engine.ports.laravel;
        // What Rust hands to PHP has nothing to be compared with.
        let way = here(&self.registry, &decoded.envelope, delivery, laravel);
        let (policy, _, prepared) = way.ok()?;
        let started = engine.now();
        let run = match prepared {
            Ok(Prepared { run, .. }) => run,
            Err(why) => {
                return Some(Compared {
                    outcome: Outcome::Buried,
                    error: Some(short(&explain(&why))),
                    took: started.until(engine.now()),
                });
            }
        };
        if !engine.worth_starting(&policy) {
            return None;
        }
        let job = Job {
            id: &decoded.id,
            policy: &policy,
            hops: decoded.envelope.hops,
            run,
            state: Arc::clone(self.shared.get().await.ok()?),
        };
        let ended = run_shadow(engine, job, claim, delivery).await;
        Some(Compared {
            outcome: outcome(engine, &policy, claim, &ended)?,
            error: ended.error().as_deref().map(short),
            took: started.until(engine.now()),
        })
    }
}

/// Runs a job without effects: what it dispatches is answered and not sent.
async fn run_shadow<S: Send + Sync + 'static>(
    engine: &Engine<'_>,
    job: Job<'_, S>,
    claim: &Claim,
    delivery: &Delivery,
) -> Ended {
    let policy = job.policy;
    let limit = engine.limit(engine.now(), policy);
    let times = Times {
        limit,
        start_by: limit,
    };
    let (running, posts) = start(engine, job, claim, Place::Shadow, delivery, times);
    let ended = until_it_ends(engine, running, policy, swallow(posts), pending());
    ended.await
}

/// What an attempt's end would mean for its message. None: only another attempt would tell.
fn outcome(engine: &Engine<'_>, policy: &Policy, claim: &Claim, ended: &Ended) -> Option<Outcome> {
    let random = &*engine.ports.random;
    let outcome = match judge(policy, claim, ended, engine.now(), random) {
        _ if matches!(ended, Ended::Interrupted | Ended::Fenced) => return None,
        Stop::Done { outcome, .. } => outcome,
        Stop::Later(later) => later.outcome,
        Stop::Dropped => Outcome::Dropped,
        _ => Outcome::Buried,
    };
    (outcome != Outcome::Continued).then_some(outcome)
}

/// Logs and counts a comparison. One that cannot be counted is lost, and the job is none the worse for it.
async fn compared(engine: &Engine<'_>, comparison: &Comparison) {
    let Comparison { job, php, rust, .. } = comparison;
    let (in_php, in_rust) = (php.outcome.word(), rust.outcome.word());
    if comparison.agrees() {
        tracing::info!(
            shadow.php = in_php,
            shadow.rust = in_rust,
            "the shadow of job `{job}` came to the same as PHP"
        );
    } else {
        tracing::warn!(
            shadow.php = in_php,
            shadow.rust = in_rust,
            error = rust.error,
            "the shadow of job `{job}` came to something else than PHP"
        );
    }
    let Some(routes) = engine.ports.laravel.routes.as_deref() else {
        return;
    };
    let over = engine.ports.clock.sleep_until(engine.now() + PATIENCE);
    let error = match select(routes.compared(comparison), over).await {
        Either::Left((Ok(()), _)) => return,
        Either::Left((Err(error), _)) => explain(&error),
        Either::Right(_) => "the table has not answered".to_owned(),
    };
    tracing::warn!(error, "a comparison of job `{job}` was not counted");
}

/// Answers a job that what it dispatches was sent. Never ends by itself: the attempt does.
async fn swallow(posts: Posts) {
    posts
        .for_each(|post| {
            post.answered(Ok(()));
            ready(())
        })
        .await;
    pending::<()>().await;
}
