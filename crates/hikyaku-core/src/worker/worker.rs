//! The worker: the jobs of one binary, and how it works.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use hikyaku_laravel::chain::LinkOptions;

use crate::Job;
use crate::engine::stages::route::Routing;
use crate::job::lane::Lane;
use crate::job::policy::Description;
use crate::job::registry::Registry;
use crate::job::state::{SetupError, Shared};
use crate::ports::courier::Courier;

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
}
