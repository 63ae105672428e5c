//! The worker: decode → claim → run → settle.

use std::error::Error as StdError;
use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::claim::Claimed;
use crate::decode::decode;
use crate::engine::Engine;
use crate::policy::Description;
use crate::registry::Registry;
use crate::run;
use crate::settle::Finished;
use crate::shared::{SetupError, Shared};
use crate::{Delivery, Job, Report};

/// How a worker works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many jobs of one batch run at once. At least the mapping's batch size, so that no received message waits
    /// unattended behind a long one.
    pub concurrency: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { concurrency: 10 }
    }
}

/// The jobs of one binary and what they share.
pub struct Worker<S> {
    pub(crate) shared: Shared<S>,
    pub(crate) registry: Registry<S>,
    pub(crate) settings: Settings,
    /// A name under which two job types were registered.
    taken_twice: Option<&'static str>,
}

impl<S: Send + Sync + 'static> Worker<S> {
    /// A worker without jobs. `state` is what all of them share: clients, pools, settings.
    pub fn new(state: S) -> Self {
        Self::sharing(Shared::ready(state))
    }

    /// A worker without jobs whose shared state is made when it is first needed: before the first job runs, but not
    /// to describe the jobs.
    ///
    /// An error keeps a function from starting, with the error's text in its log.
    pub fn setup<E>(make: impl Fn() -> Result<S, E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self::sharing(Shared::later(move || make().map_err(Into::into)))
    }

    fn sharing(shared: Shared<S>) -> Self {
        Self {
            shared,
            registry: Registry::new(),
            settings: Settings::default(),
            taken_twice: None,
        }
    }

    /// Makes the shared state now, if it is not there yet, and looks whether the jobs fit together.
    pub fn set_up(&self) -> Result<(), SetupError> {
        match self.taken_twice {
            Some(name) => Err(SetupError::new(format!(
                "two jobs are registered under the name `{name}`"
            ))),
            None => self.shared.get().map(drop),
        }
    }

    /// Adds a job type. Two of the same name keep the worker from being set up.
    #[must_use]
    pub fn register<J: Job<State = S>>(mut self) -> Self {
        if self.registry.register::<J>() {
            self.taken_twice = Some(J::NAME);
        }
        self
    }

    /// Sets how many jobs of one batch run at once.
    #[must_use]
    pub fn concurrency(mut self, jobs: usize) -> Self {
        self.settings.concurrency = jobs.max(1);
        self
    }

    /// How the worker works.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The policies of all registered jobs, by name.
    pub fn descriptions(&self) -> Vec<Description> {
        self.registry.descriptions().cloned().collect()
    }

    /// One delivery's whole way.
    pub(crate) async fn handle(&self, delivery: &Delivery, engine: &Engine<'_>) -> Report {
        let message = &delivery.message_id;
        let span =
            tracing::error_span!("job", message.id = %message, job.id = Empty, job.name = Empty);
        let report = self.attend(delivery, engine).instrument(span.clone()).await;
        span.in_scope(|| report.log());
        report
    }

    async fn attend(&self, delivery: &Delivery, engine: &Engine<'_>) -> Report {
        let began = engine.now();
        let (decoded, prepared) = match decode(&self.registry, delivery) {
            Ok(decoded) => decoded,
            Err(refused) => {
                let settled = engine.settle_refused(&refused, delivery).await;
                let report = Report::refused(&refused, delivery, settled);
                name_span(&report.id, report.job.as_deref().unwrap_or("unknown"));
                return report;
            }
        };
        name_span(&decoded.id, &decoded.name);
        let state = match self.shared.get() {
            Ok(state) => Arc::clone(state),
            Err(error) => {
                let settled = engine.not_set_up(delivery, &error).await;
                return Report::of(&decoded, delivery, 0, settled);
            }
        };
        if !engine.worth_starting(&decoded.policy) {
            return Report::of(&decoded, delivery, 0, engine.postpone(delivery).await);
        }
        let mut claim = match engine.claim(&decoded, delivery).await {
            Claimed::Run(claim) => claim,
            Claimed::Exhausted(claim) => {
                let settled = engine
                    .settle_exhausted(&Finished::new(&decoded, &claim, delivery))
                    .await;
                return Report::of(&decoded, delivery, 0, settled);
            }
            Claimed::Late(claim) => {
                let settled = engine
                    .settle_late(&Finished::new(&decoded, &claim, delivery))
                    .await;
                return Report::of(&decoded, delivery, 0, settled);
            }
            Claimed::Answered(outcome, verdict, error) => {
                let settled = engine
                    .settle_unclaimed(&decoded, delivery, (outcome, verdict, error))
                    .await;
                return Report::of(&decoded, delivery, 0, settled);
            }
        };
        let job = run::Job {
            id: &decoded.id,
            policy: &decoded.policy,
            prepared,
            state,
        };
        let ended = engine.run(job, &mut claim, delivery).await;
        let settled = engine
            .settle(&Finished::new(&decoded, &claim, delivery), &ended)
            .await;
        Report::of(&decoded, delivery, claim.spent, settled).with(ended, began.until(engine.now()))
    }
}

/// What is logged from here on, by the job too, says whose it is.
fn name_span(id: &str, job: &str) {
    Span::current().record("job.id", id).record("job.name", job);
}
