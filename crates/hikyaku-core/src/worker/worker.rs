//! The worker: decode → claim → run → settle.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::{Future, ready};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hikyaku_laravel::chain::LinkOptions;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::engine::engine::Engine;
use crate::engine::model::attempt::Finished;
use crate::engine::model::claim::Company;
use crate::engine::model::decoded::{Decoded, identity};
use crate::engine::model::settled::Settled;
use crate::engine::stages::resolve::Unread;
use crate::engine::stages::route::Routing;
use crate::engine::stages::run::{self, message_of};
use crate::explain::explain;
use crate::job::lane::Lane;
use crate::job::policy::Description;
use crate::job::registry::Registry;
use crate::job::state::{SetupError, Shared};
use crate::ports::courier::Courier;
use crate::worker::turn::{Begun, Ran, Turn, refuse};
use crate::{Delivery, Job, Outcome, Report, Side, Stages, Verdict};

/// How a worker works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many jobs of one batch run at once. At least the mapping's batch size, so that no received message waits
    /// unattended behind a long one.
    pub concurrency: usize,
    /// The visibility timeout of the queue that the messages come from, if it is known. One of up to two minutes that
    /// outlasts the invocation spares the requests that keep messages hidden while it lasts: one for ten messages at its
    /// start, and one every 30 s.
    pub visibility: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 10,
            visibility: None,
        }
    }
}

/// The jobs of one binary and what they share.
pub struct Worker<S> {
    pub(crate) shared: Shared<S>,
    pub(crate) registry: Registry<S>,
    pub(crate) settings: Settings,
    php_jobs: BTreeMap<String, LinkOptions>,
    /// What was read of the routes.
    pub(crate) routing: Routing,
    /// Whether it buries what it is given, as a worker of dead letters does.
    pub(crate) buries: bool,
    /// Why it must not serve: two job types under one name, or no courier.
    refused: Option<String>,
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
        Self::sharing(Shared::later(Box::new(move || {
            let state = make().map_err(Into::into);
            Box::pin(ready(state))
        })))
    }

    /// The same for state that has to be asked for: a password that is kept elsewhere, a first connection.
    ///
    /// Under Lambda it is awaited during init, which has ten seconds (AWS Lambda developer guide, "Runtime environment
    /// lifecycle"). Let `make` give up before that, and say whom it waited for.
    pub fn setup_with<E, F>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: Future<Output = Result<S, E>> + Send + 'static,
    {
        Self::sharing(Shared::later(Box::new(move || {
            let state = make();
            Box::pin(async move { state.await.map_err(Into::into) })
        })))
    }

    fn sharing(shared: Shared<S>) -> Self {
        Self {
            shared,
            registry: Registry::new(),
            settings: Settings::default(),
            php_jobs: BTreeMap::new(),
            routing: Routing::default(),
            buries: false,
            refused: None,
        }
    }

    /// Makes the shared state now, if it is not there yet, and looks whether the jobs fit together.
    pub async fn set_up(&self) -> Result<(), SetupError> {
        match &self.refused {
            Some(reason) => Err(SetupError::new(reason.clone())),
            None => self.shared.get().await.map(drop),
        }
    }

    /// Adds a job type. Two of the same name keep the worker from being set up.
    #[must_use]
    pub fn register<J: Job<State = S>>(mut self) -> Self {
        if self.registry.register::<J>() {
            let name = J::NAME;
            self.refused = Some(format!("two jobs are registered under the name `{name}`"));
        }
        self
    }

    /// Hands everything that is not registered here, or cannot run here, to `courier`.
    #[must_use]
    pub fn courier(mut self, courier: Arc<dyn Courier>) -> Self {
        self.registry.send_the_rest_by(Lane::of(courier));
        self
    }

    /// The same with a courier that its settings may not allow: an error keeps the function from starting, with the
    /// error's text in its log.
    #[must_use]
    pub fn try_courier<C, E>(mut self, courier: Result<C, E>) -> Self
    where
        C: Courier + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        match courier {
            Ok(courier) => self.courier(Arc::new(courier)),
            Err(error) => {
                self.refused = Some(crate::explain(&*error.into()));
                self
            }
        }
    }

    /// Whether there is somebody who takes what is not registered here.
    pub fn has_courier(&self) -> bool {
        self.registry.lane().is_some()
    }

    /// Says what a class that runs in PHP declares, for when it follows a job of this worker in a chain.
    ///
    /// Laravel puts a class's `$tries`, `$backoff`, `$timeout` and so on into the message when it dispatches, from the
    /// class itself. Here only those can be seen that are not the class's defaults, so without this a link runs with the
    /// defaults of PHP's worker.
    #[must_use]
    pub fn php_job(mut self, class: impl Into<String>, options: LinkOptions) -> Self {
        self.php_jobs.insert(class.into(), options);
        self
    }

    /// What was said of classes that run in PHP.
    pub fn php_jobs(&self) -> &BTreeMap<String, LinkOptions> {
        &self.php_jobs
    }

    /// Sets how many jobs of one batch run at once.
    #[must_use]
    pub fn concurrency(mut self, jobs: usize) -> Self {
        self.settings.concurrency = jobs.max(1);
        self
    }

    /// Says for how long the queue hides a message that was received.
    #[must_use]
    pub fn visibility(mut self, timeout: Duration) -> Self {
        self.settings.visibility = Some(timeout);
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

    /// A worker that buries.
    pub(crate) fn burying(registry: Registry<S>) -> Self
    where
        S: Default,
    {
        Self {
            registry,
            buries: true,
            ..Self::new(S::default())
        }
    }

    /// Where a claimed job runs, if there is more than one side.
    pub(crate) fn side(&self, decoded: &Decoded) -> Option<Side> {
        decoded.side.filter(|_| self.has_courier())
    }

    /// One delivery's whole way.
    pub(crate) async fn handle(
        &self,
        delivery: &Delivery,
        engine: &Engine<'_>,
        company: Company,
    ) -> Turn {
        let message = &delivery.message_id;
        let span = tracing::error_span!("job", message.id = %message, trace.id = delivery.trace_id(), job.id = Empty, job.name = Empty, job.attempt = Empty);
        let mut stages = Stages {
            began: Some(engine.now()),
            ..Stages::default()
        };
        let attended = self.attend(delivery, engine, company, &mut stages);
        let attended = AssertUnwindSafe(attended.instrument(span.clone()));
        let mut attended = attended
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| Err(Turn::over(broken(delivery, &*panic))));
        if let Ok(Ran { report, .. }) | Err(Turn::Over(report)) = &mut attended {
            stages.settled = Some(engine.now());
            report.stages = stages;
            span.in_scope(|| report.log());
        }
        match attended {
            Ok(ran) => {
                self.shadow(&ran, delivery, engine).instrument(span).await;
                Turn::Over(ran.report)
            }
            Err(turn) => turn,
        }
    }

    async fn attend(
        &self,
        delivery: &Delivery,
        engine: &Engine<'_>,
        company: Company,
        stages: &mut Stages,
    ) -> Result<Ran, Turn> {
        let began = engine.now();
        let envelope = match engine.resolve(delivery).await {
            Ok(envelope) => envelope,
            Err(Unread::Refused(why)) => {
                return Err(Turn::over(refuse(engine, &why, delivery).await));
            }
            Err(Unread::Later(error)) => {
                let settled = engine.not_reached(delivery, explain(&error)).await;
                let id = delivery.message_id.clone();
                return Err(Turn::over(Report::unread(id, delivery, settled)));
            }
        };
        let wanted = match self.wanted(&envelope, delivery, engine).await {
            Ok(wanted) => wanted,
            Err(error) => {
                let settled = engine.not_reached(delivery, error).await;
                let id = identity(&envelope, delivery);
                return Err(Turn::over(Report::unread(id, delivery, settled)));
            }
        };
        let (decoded, ready) = self
            .begin_on(wanted.side, envelope, delivery, engine, company, stages)
            .await?;
        let Begun {
            run,
            state,
            mut claim,
            locks,
        } = ready;
        stages.claimed = Some(engine.now());
        Span::current().record("job.attempt", claim.spent);
        let job = run::Job {
            id: &decoded.id,
            policy: &decoded.policy,
            hops: decoded.envelope.hops,
            run,
            state,
        };
        let ended = engine.run(job, &mut claim, delivery).await;
        stages.ran = Some(engine.now());
        engine.unlock(&locks).await;
        let settled = engine
            .settle(&Finished::new(&decoded, &claim, delivery), &ended)
            .await;
        let has_shadow = wanted.shadow && ended.is_its_own();
        let report = Report::of(&decoded, delivery, claim.spent, settled).on(self.side(&decoded));
        Ok(Ran {
            report: Box::new(report.with(ended, began.until(engine.now()))),
            decoded,
            claim,
            has_shadow,
        })
    }
}

/// A fault of the engine's own, and its message's alone: it comes again, and in the end to the dead letters.
fn broken(delivery: &Delivery, panic: &(dyn std::any::Any + Send)) -> Report {
    let settled = Settled {
        outcome: Outcome::Unsettled,
        verdict: Verdict::Redeliver(None),
        error: Some(format!(
            "hikyaku panicked over this message: {}; please report it",
            message_of(panic)
        )),
    };
    Report::unread(delivery.message_id.clone(), delivery, settled)
}
