//! The courier itself: ask, and ask again where nothing is known.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hikyaku::core::{BoxFuture, Clock, Courier, Defaults, Parcel, Pauses, Random};
use hikyaku::{JobError, SystemClock, SystemRandom};
use tokio::sync::RwLock;

use crate::answer::{Answer, Start};
use crate::ask::Ask;
use crate::config::{KeyFrom, Settings};
use crate::exchange::{Exchange, Request, Silence};
use crate::keys::Keys;
use crate::task::Tasks;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How often an attempt asks when nothing is known of the one before. The application knows a repetition, so that
/// asking again runs nothing twice.
const ASKS: u32 = 3;

const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Hands jobs to an application over HTTPS.
///
/// Beside jobs in Rust: a registered class runs in Rust, every other class in the application, and `hikyaku route` changes
/// the side of a registered class (docs/lane.md).
///
/// ```no_run
/// use std::error::Error;
///
/// use courier::{HttpCourier, Settings};
/// use hikyaku::Worker;
/// # use hikyaku::{Context, Job, JobError};
/// # #[derive(serde::Deserialize)]
/// # struct ImportCsv {}
/// # impl Job for ImportCsv {
/// #     const NAME: &'static str = "App\\Jobs\\ImportCsv";
/// #     type State = ();
/// #     type Output = ();
/// #     async fn run(self, _: &Context<()>) -> Result<(), JobError> {
/// #         Ok(())
/// #     }
/// # }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), hikyaku::Error> {
///     let worker = Worker::new(()).register::<ImportCsv>();
///     hikyaku::serve(worker.try_courier(courier())).await
/// }
///
/// fn courier() -> Result<HttpCourier, Box<dyn Error + Send + Sync>> {
///     Ok(HttpCourier::new(Settings::from_env()?)?)
/// }
/// ```
#[derive(Clone)]
pub struct HttpCourier(Arc<Inner>);

struct Inner {
    settings: Settings,
    exchange: Exchange,
    tasks: Option<Tasks>,
    /// The keys that were read, where they are kept elsewhere.
    keys: RwLock<Option<Keys>>,
    /// The longest first wait before asking again.
    first_wait: Duration,
}

/// The courier cannot start.
#[derive(Debug, thiserror::Error)]
#[error("preparing to speak HTTPS")]
pub struct StartError(#[source] reqwest::Error);

impl HttpCourier {
    /// A courier of these settings. Nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, StartError> {
        let exchange = Exchange::new(settings.url.clone()).map_err(StartError)?;
        let tasks = settings.tasks.clone();
        let tasks = tasks.map(|tasks| Tasks::new(tasks, &settings.aws));
        Ok(Self(Arc::new(Inner {
            settings,
            exchange,
            tasks,
            keys: RwLock::default(),
            first_wait: FIRST_WAIT,
        })))
    }

    /// Asks again at once.
    #[cfg(test)]
    pub(crate) fn impatient(self) -> Self {
        let Inner {
            settings,
            exchange,
            tasks,
            ..
        } = &*self.0;
        Self(Arc::new(Inner {
            settings: settings.clone(),
            exchange: exchange.clone(),
            tasks: tasks.clone(),
            keys: RwLock::default(),
            first_wait: Duration::ZERO,
        }))
    }
}

impl Inner {
    async fn keys(&self) -> Result<Keys, Silence> {
        let from = match &self.settings.key {
            KeyFrom::Given(keys) => return Ok(keys.clone()),
            KeyFrom::Kept(from) => from,
        };
        if let Some(keys) = &*self.keys.read().await {
            return Ok(keys.clone());
        }
        let unread = |error: &dyn std::error::Error| Silence::Unheard {
            reason: format!("the courier's key: {}", hikyaku::explain(error)),
            wait: None,
            refused: false,
        };
        let text = from.read(&self.settings.aws).await;
        let text = text.map_err(|error| unread(&error))?;
        let keys = Keys::parse(&text).map_err(|error| unread(&error))?;
        *self.keys.write().await = Some(keys.clone());
        Ok(keys)
    }

    /// One request.
    async fn ask(&self, ask: &Ask, parcel: &Parcel) -> Result<Answer, Silence> {
        let keys = self.keys().await?;
        let nonce = format!(
            "{:016x}{:016x}",
            SystemRandom.next_u64(),
            SystemRandom.next_u64()
        );
        let now = SystemClock.now();
        let said = ask.header(parcel, &self.settings, &nonce, now);
        let answer = self.exchange.send(Request {
            keys: &keys,
            time: now.as_secs(),
            nonce: &nonce,
            ask: &said,
            body: &parcel.body,
        });
        let answer = answer.await;
        if let Err(Silence::Unheard { refused: true, .. }) = &answer {
            // The key may have been changed since it was read.
            *self.keys.write().await = None;
        }
        answer
    }

    /// Starts the task that the application wants, unless it was started before.
    async fn start(&self, start: &Start) -> Result<(), BoxError> {
        let Some(tasks) = &self.tasks else {
            return Err("the application wants a task, and HIKYAKU_TASK_CLUSTER is not set".into());
        };
        let task = tasks.start(start).await?;
        tracing::info!(task, number = start.number, "started a task for the job");
        Ok(())
    }

    /// Asks until something is known, a few times.
    async fn ask_patiently(&self, ask: &Ask, parcel: &Parcel) -> Result<Answer, Silence> {
        let mut pauses = Pauses::new(&SystemRandom, self.first_wait, self.first_wait * 4);
        let mut asked = 1;
        loop {
            match self.ask(ask, parcel).await {
                Err(Silence::Lost { reason }) if asked < ASKS => {
                    tracing::warn!(reason, "nobody knows whether the job ran: asking again");
                    SystemClock
                        .sleep_until(SystemClock.now() + pauses.next())
                        .await;
                    asked += 1;
                }
                answer => return answer,
            }
        }
    }
}

impl Courier for HttpCourier {
    fn defaults(&self) -> Defaults {
        self.0.settings.defaults.clone()
    }

    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            match inner.ask_patiently(&Ask::Run, &parcel).await {
                Ok(Answer::Start(start)) => match inner.start(&start).await {
                    Ok(()) => Answer::Start(start).verdict(pause(&parcel)),
                    Err(error) => Err(JobError::snooze_because(pause(&parcel), error)),
                },
                Ok(answer) => answer.verdict(pause(&parcel)),
                Err(Silence::Unheard { reason, wait, .. }) => Err(JobError::snooze_because(
                    wait.unwrap_or_else(|| pause(&parcel)),
                    reason,
                )),
                // The application knows what became of this attempt, and says so when it is asked under the same number:
                // no try is spent, so it will be.
                Err(Silence::Lost { reason }) => {
                    Err(JobError::snooze_because(pause(&parcel), reason))
                }
            }
        })
    }

    fn tell_failed(
        &self,
        parcel: Parcel,
        error: String,
    ) -> BoxFuture<'static, Result<(), BoxError>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            match inner.ask_patiently(&Ask::Failed(error), &parcel).await {
                Ok(Answer::Done) => {
                    tracing::warn!(
                        "the job is listed as failed, but php had finished it: retrying it would run it again"
                    );
                    Ok(())
                }
                Ok(Answer::Failed { .. } | Answer::Unknown { .. }) => Ok(()),
                Ok(answer) => {
                    Err(format!("php could not be told of the failure: {answer:?}").into())
                }
                Err(silence) => Err(silence.to_string().into()),
            }
        })
    }
}

/// After how long a job comes back that was not heard. Later each time, for every receive brings its message closer to
/// the dead letters: a hundred of them outlast most of a day.
fn pause(parcel: &Parcel) -> Duration {
    Duration::from_secs(5 << parcel.receives.saturating_sub(1).min(7))
}

impl fmt::Debug for HttpCourier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpCourier")
            .field("url", &self.0.settings.url.as_str())
            .finish_non_exhaustive()
    }
}
