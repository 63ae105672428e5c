//! The way of one message.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hikyaku_laravel::Envelope;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::engine::engine::Engine;
use crate::engine::finish::finish;
use crate::engine::model::claim::{Company, LEASE_MARGIN};
use crate::engine::model::decoded::identity;
use crate::engine::model::ended::Ended;
use crate::engine::model::settled::Settled;
use crate::engine::model::stop::{Elsewhere, Stop};
use crate::engine::model::way::Way;
use crate::engine::rules::judge::judge;
use crate::engine::stages::admit::{abandon_locks, admit, unlock};
use crate::engine::stages::claim::{claim, limit_under, may_start};
use crate::engine::stages::decode::decode;
use crate::engine::stages::heartbeat::keep_alive;
use crate::engine::stages::resolve::resolve;
use crate::engine::stages::route::{Proposal, proposed};
use crate::engine::stages::run::{self, Times, message_of, start, until_it_ends};
use crate::engine::stages::send::send_onward;
use crate::explain::explain;
use crate::job::checkpoint::Place;
use crate::job::prepared::Run;
use crate::{Delivery, Outcome, Report, Side, Verdict, Worker};

/// A message that cannot be served because its worker is not complete comes back after this.
const NOT_SET_UP: Duration = Duration::from_secs(30);

/// A message has to wait until nothing runs beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alone {
    /// Its last attempt died although nothing did then.
    pub(crate) proven: bool,
}

impl<S: Send + Sync + 'static> Worker<S> {
    /// The way of a message. Each stage answers what the next one needs, or a `Stop`; whichever it is, `finish` records the end,
    /// sends what follows it and tells the queue.
    async fn process_one(
        &self,
        engine: &Engine<'_>,
        way: &mut Way<'_>,
        company: Company,
    ) -> Result<Report, Alone> {
        let mut ended = None;
        let stop = async {
            let envelope = resolve(engine, way.delivery).await?;
            way.id = identity(&envelope, way.delivery);
            if self.buries {
                return self.bury(engine, way, envelope).await;
            }
            let wanted = self.wanted(engine, way, &envelope).await?;
            let (run, state) = self
                .claim(engine, way, envelope, wanted.side, company)
                .await?;
            let locks = admit(engine, &way.claimed()?).await?;
            way.stages.claimed = Some(engine.now());
            let end = self.run(engine, way, run, state).await?;
            way.stages.ran = Some(engine.now());
            way.has_shadow = wanted.shadow && end.is_its_own();
            unlock(engine, &locks).await;
            let job = way.claimed()?;
            let random = &*engine.ports.random;
            let stop = judge(job.policy, job.claim, &end, engine.now(), random);
            ended = Some(end);
            Ok(stop)
        };
        // What stops it and what a run came to are the same from here on.
        let stop = stop.await.unwrap_or_else(|stop| stop);
        match (&stop, way.claimed()) {
            (Stop::Alone { proven }, _) => return Err(Alone { proven: *proven }),
            (Stop::Exhausted, Ok(job)) => abandon_locks(engine, &job).await,
            (Stop::Refused(refused), _) => {
                let envelope = refused.envelope.as_ref();
                let name = envelope.map(|envelope| envelope.name().to_owned());
                way.names(refused.identity(way.delivery), name);
            }
            _ => {}
        }
        let report = finish(engine, way, stop).await;
        Ok(self.reported(report, way, ended))
    }

    /// Where the job is to run, as far as it has not begun.
    async fn wanted(
        &self,
        engine: &Engine<'_>,
        way: &Way<'_>,
        envelope: &Envelope,
    ) -> Result<Proposal, Stop> {
        match self.registry.on_both_sides(envelope.name()) {
            Some(job) => {
                let description = &job.description;
                proposed(engine, way.delivery, &self.routing, description, &way.id).await
            }
            None => Ok(Proposal::RUST),
        }
    }

    /// Claims the job on the side that is wanted, or on the one on which it has begun. Answers its code, and the state that it runs
    /// with.
    async fn claim(
        &self,
        engine: &Engine<'_>,
        way: &mut Way<'_>,
        mut envelope: Envelope,
        mut side: Side,
        company: Company,
    ) -> Result<(Run<S>, Arc<S>), Stop> {
        let mut begun_on: Option<Elsewhere> = None;
        loop {
            let laravel = &engine.ports.laravel;
            let (decoded, prepared) =
                decode(&self.registry, envelope, way.delivery, laravel, side)?;
            way.stages.decoded = Some(engine.now());
            way.names(decoded.id.clone(), Some(decoded.name.clone()));
            let decoded = way.decoded.insert(decoded);
            if let Some(elsewhere) = begun_on
                && decoded.side != Some(elsewhere.side)
            {
                return Err(Stop::Elsewhere(elsewhere));
            }
            let state = self.shared.get().await;
            let state = state.map_err(|error| Stop::unsettled(NOT_SET_UP, explain(&error)))?;
            if !engine.worth_starting(&decoded.policy) {
                return Err(Stop::later(Outcome::Postponed, Duration::ZERO));
            }
            match claim(engine, decoded, way.delivery, company).await {
                Ok(claim) => {
                    let claim = way.claim.insert(claim);
                    may_start(engine, &decoded.policy, claim)?;
                    let prepared = prepared.map_err(|why| Stop::misfit(explain(&why)))?;
                    return Ok((prepared.run, Arc::clone(state)));
                }
                Err(Stop::Elsewhere(elsewhere)) if begun_on.is_none() => {
                    side = elsewhere.side;
                    begun_on = Some(elsewhere);
                    envelope = decoded.envelope.clone();
                }
                // It was forgotten or sent again since, and begun by somebody else.
                Err(Stop::Elsewhere(_)) => {
                    return Err(Stop::later(Outcome::Postponed, Duration::ZERO));
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    /// Runs the job apart from the engine until it ends, its time is over, or it is lost to another attempt.
    async fn run(
        &self,
        engine: &Engine<'_>,
        way: &mut Way<'_>,
        run: Run<S>,
        state: Arc<S>,
    ) -> Result<Ended, Stop> {
        let (Some(decoded), Some(claim)) = (way.decoded.as_deref(), way.claim.as_mut()) else {
            return Err(Stop::Raced);
        };
        Span::current().record("job.attempt", claim.spent);
        let policy = &decoded.policy;
        let limit = limit_under(engine, claim, engine.now(), policy);
        // A process may be frozen right here, and go on when the job has long been another attempt's.
        let start_by = limit.min(claim.lease - LEASE_MARGIN);
        let job = run::Job {
            id: &decoded.id,
            policy,
            hops: decoded.envelope.hops,
            run,
            state,
        };
        let place = claim.held.clone().map_or(Place::Nowhere, Place::Ledger);
        let times = Times { limit, start_by };
        let (running, posts) = start(engine, job, claim, place, way.delivery, times);
        let onward = send_onward(engine, posts, limit);
        let lost = keep_alive(engine, policy, claim);
        Ok(until_it_ends(engine, running, policy, onward, lost).await)
    }

    /// Adds what only the worker knows.
    fn reported(&self, mut report: Report, way: &Way<'_>, ended: Option<Ended>) -> Report {
        if let (Some(decoded), Some(claim)) = (&way.decoded, &way.claim) {
            report.side = decoded.side.filter(|_| self.has_courier());
            if let Some(ended) = ended {
                report = report.with(ended, claim.spent);
            }
        }
        report
    }

    /// A message's way, in its span and with its panics caught; its line in the log, and its shadow.
    pub(crate) async fn handle(
        &self,
        delivery: &Delivery,
        engine: &Engine<'_>,
        company: Company,
    ) -> Result<Report, Alone> {
        let message = &delivery.message_id;
        let span = tracing::error_span!("job", message.id = %message, trace.id = delivery.trace_id(), job.id = Empty, job.name = Empty, job.attempt = Empty);
        let began = engine.now();
        let mut way = Way::new(delivery);
        way.stages.began = Some(began);
        let processed = self.process_one(engine, &mut way, company);
        let processed = AssertUnwindSafe(processed.instrument(span.clone()));
        let mut report = match processed.catch_unwind().await {
            Ok(processed) => processed?,
            Err(panic) => broken(delivery, &*panic),
        };
        way.stages.settled = Some(engine.now());
        report.stages = way.stages;
        if way.stages.ran.is_some() {
            report.duration = began.until(engine.now());
        }
        span.in_scope(|| report.log());
        self.shadow(&way, &report, engine).instrument(span).await;
        Ok(report)
    }
}

/// A fault of the engine's own, and its message's alone: it comes again, and in the end to the dead letters.
fn broken(delivery: &Delivery, panic: &(dyn Any + Send)) -> Report {
    let error = format!(
        "hikyaku panicked over this message: {}; please report it",
        message_of(panic)
    );
    let settled = Settled {
        outcome: Outcome::Unsettled,
        ..Settled::fenced(Some(error))
    };
    Report::of(&Way::new(delivery), settled, Verdict::Redeliver(None))
}
