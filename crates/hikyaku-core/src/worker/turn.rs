//! What becomes of a delivery in its turn.

use std::sync::Arc;

use tracing::Span;

use crate::engine::engine::Engine;
use crate::engine::model::claim::Claim;
use crate::engine::model::decoded::{Decoded, Refused};
use crate::job::prepared::Run;
use crate::{Delivery, Report, Unlock};

/// A job that may run now.
pub(crate) struct Begun<S> {
    pub(crate) run: Run<S>,
    pub(crate) state: Arc<S>,
    pub(crate) claim: Claim,
    /// What it runs under and gives up afterwards.
    pub(crate) locks: Vec<Unlock>,
}

pub(crate) async fn refuse(engine: &Engine<'_>, refused: &Refused, delivery: &Delivery) -> Report {
    let settled = engine.settle_refused(refused, delivery).await;
    let report = Report::refused(refused, delivery, settled);
    name_span(&report.id, report.job.as_deref().unwrap_or("unknown"));
    report
}

/// What is logged from here on, by the job too, says whose it is.
pub(crate) fn name_span(id: &str, job: &str) {
    Span::current().record("job.id", id).record("job.name", job);
}

/// A job that has run, and what became of it.
pub(crate) struct Ran {
    pub(crate) decoded: Box<Decoded>,
    pub(crate) claim: Claim,
    pub(crate) report: Box<Report>,
    /// Whether it is to be compared with what Rust would have made of it, if it ran in PHP.
    pub(crate) has_shadow: bool,
}

/// What becomes of a delivery in its turn.
pub(crate) enum Turn {
    /// It is dealt with.
    Over(Box<Report>),
    /// It has to wait until nothing runs beside it; `alone`: its last attempt died although nothing did.
    Later { alone: bool },
}

impl Turn {
    pub(crate) fn over(report: Report) -> Self {
        Self::Over(Box::new(report))
    }
}
