//! Routing: on which side a job runs that could run on either.
//!
//! The route only proposes. What a claim has recorded stands until the job has ended or was sent again after it had failed:
//! every delivery and attempt in between runs there, whatever the route says by then (`rules/decide.rs`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::lock::Mutex as Turnstile;

use crate::engine::engine::Engine;
use crate::engine::model::stop::Stop;
use crate::explain::explain;
use crate::job::policy::Description;
use crate::{Delivery, Route, Routes, Side, Timestamp};

/// How long a process goes by what it has read of a class's route. So long after a change the last job is proposed for
/// the side of before.
pub const ROUTE_KEPT: Duration = Duration::from_secs(5);

/// A table that does not answer is waited for this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// What a process knows of the routes, by the job's name.
#[derive(Default)]
pub(crate) struct Routing {
    known: Mutex<BTreeMap<String, Arc<Turnstile<Known>>>>,
}

/// What is known of one route.
#[derive(Default)]
struct Known {
    /// When it was last asked for.
    asked: Option<Timestamp>,
    answer: Answer,
}

/// What was last answered.
enum Answer {
    /// Never anything, for this reason.
    Never(String),
    /// This route; none where nobody has set one.
    Route(Option<Route>),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Never("the route was not asked for yet".to_owned())
    }
}

impl Routing {
    /// The place of one name: who asks while another asks waits for that answer.
    fn place(&self, job: &str) -> Arc<Turnstile<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(job.to_owned()).or_default())
    }
}

/// What a route proposes for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) side: Side,
    /// Whether a run in PHP is followed by one in Rust without effects.
    pub(crate) shadow: bool,
}

impl Proposal {
    /// Where there is no choice.
    pub(crate) const RUST: Self = Self {
        side: Side::Rust,
        shadow: false,
    };

    fn of(route: Route, id: &str) -> Self {
        Self {
            side: route.side(id),
            shadow: route.has_shadow(id),
        }
    }
}

/// What the route proposes for a job that can run on either side. While the routes cannot be read, the last one
/// that was read holds; an error says that none ever was.
pub(crate) async fn proposed(
    engine: &Engine<'_>,
    delivery: &Delivery,
    routing: &Routing,
    job: &Description,
    id: &str,
) -> Result<Proposal, Stop> {
    let Some(routes) = engine.ports.laravel.routes.as_deref() else {
        return Ok(Proposal::RUST);
    };
    let place = routing.place(job.name);
    let mut known = place.lock().await;
    let is_fresh = |asked: Timestamp| engine.now() < asked + ROUTE_KEPT;
    if !known.asked.is_some_and(is_fresh) {
        read(engine, routes, job, &mut known).await;
        known.asked = Some(engine.now());
    }
    match &known.answer {
        Answer::Route(route) => Ok(route.map_or(Proposal::RUST, |route| Proposal::of(route, id))),
        Answer::Never(why) => Err(Stop::unsettled(engine.pause(delivery), why.clone())),
    }
}

async fn read(engine: &Engine<'_>, routes: &dyn Routes, job: &Description, known: &mut Known) {
    let Description { name, shadow, .. } = job;
    let give_up = engine.now() + PATIENCE;
    let read = engine.until_recorded(name, give_up, || routes.find(name));
    match (read.await, &known.answer) {
        (Ok(route), before) => {
            let is_new = !matches!(before, Answer::Route(before) if *before == route);
            if is_new && !shadow && route.and_then(Route::shadowed).is_some() {
                tracing::warn!(
                    "job `{name}` is routed to `shadow`, but only runs in PHP: its type does not say that it can run without effects (Job::SHADOW)"
                );
            }
            known.answer = Answer::Route(route);
        }
        (Err(error), Answer::Never(_)) => known.answer = Answer::Never(explain(&error)),
        (Err(error), Answer::Route(_)) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the last route of job `{name}` that was read holds"
        ),
    }
}
