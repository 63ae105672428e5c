//! The trait an author implements.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, Guarantee, JobError};

/// A kind of job: the struct is the payload, the constants are its policy, `run` is the work.
///
/// The names are Laravel's. A message that carries a value of its own (`maxTries`, `backoff`, `timeout`, …) wins over
/// the constant.
///
/// ```
/// use hikyaku_core::{Context, Job, JobError};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct SendInvoice { invoice_id: u64 }
///
/// impl Job for SendInvoice {
///     const NAME: &'static str = "App\\Jobs\\SendInvoice";
///     type State = ();
///     type Output = ();
///
///     async fn run(self, context: &Context<()>) -> Result<(), JobError> {
///         // A stable key to hand to the mail provider, so that a second attempt sends no second mail.
///         let _key = context.effect_key("mail");
///         Ok(())
///     }
/// }
/// ```
pub trait Job: DeserializeOwned + Send + 'static {
    /// The name a message asks for: a Laravel class name, or any string.
    const NAME: &'static str;

    /// How often a job may be started before it is buried; 0 is without limit.
    const TRIES: u32 = 3;

    /// How many errors, panics and timeouts bury a job, whatever its tries; 0 is without limit.
    const MAX_EXCEPTIONS: u32 = 0;

    /// The waits between attempts; the last one repeats. A jitter of up to a tenth is added.
    const BACKOFF: &'static [Duration] = &[
        Duration::from_secs(10),
        Duration::from_secs(60),
        Duration::from_secs(300),
    ];

    /// How long one attempt may take. Over 60 s the job is kept alive by a heartbeat, which costs one write per 30 s.
    const TIMEOUT: Duration = Duration::from_secs(60);

    /// Whether an attempt that runs out of its time buries the job at once.
    const FAIL_ON_TIMEOUT: bool = false;

    /// What a second delivery of the same job does, and what that costs. A job of a chain or a batch, and one that
    /// holds a lock of Laravel's, is run at least as [`Guarantee::Once`].
    const GUARANTEE: Guarantee = Guarantee::Once;

    /// Whether the PHP class is `ShouldBeUniqueUntilProcessing`: its lock ends when the job begins, not when it is done.
    const UNIQUE_UNTIL_PROCESSING: bool = false;

    /// Whether the PHP class has a method `failed()` that is to be called when the job fails for good. PHP is asked to
    /// (`HIKYAKU_RELAY_QUEUE_URL`).
    const FAILED_HOOK: bool = false;

    /// Laravel's `deleteWhenMissingModels`, for messages that do not say it (before Laravel 13): whether a job that
    /// answers [`JobError::missing_model`] is dropped instead of buried.
    const DELETE_WHEN_MISSING_MODELS: bool = false;

    /// Whether the job may run as a shadow: after PHP has run it, with its effects off, to compare what becomes of it.
    ///
    /// This is a promise: where [`Context::is_shadow`] answers true, `run` reads, computes and checks as always, and leaves
    /// nothing behind. It rolls its transaction back, and sends no mail. What it asks the context for
    /// ([`dispatch`](Context::dispatch), [`checkpoint`](Context::checkpoint), [`commit`](Context::commit)) is not done.
    /// Without the promise, no route makes it a shadow.
    const SHADOW: bool = false;

    /// What all jobs of one binary share: pools, clients, settings.
    type State: Send + Sync + 'static;

    /// What a direct invocation is answered with.
    type Output: Serialize + Send + 'static;

    /// `uniqueId()` of a PHP class that is `ShouldBeUnique`, for messages that do not say it (before Laravel 11.39); an
    /// empty text for a class that has none.
    ///
    /// None: the class is not unique, or its messages say all there is to say.
    fn unique_id(&self) -> Option<String> {
        None
    }

    /// `debounceId()` of a PHP class with `#[DebounceFor]` (Laravel 13.6 and later), if it has that method.
    fn debounce_id(&self) -> Option<String> {
        None
    }

    /// Does the work.
    ///
    /// `?` on any error means: try again by policy. [`JobError::fail`] means never again, [`JobError::retry_after`]
    /// means later, [`JobError::snooze`] means later without spending a try. A panic is a failed attempt of this job
    /// alone.
    fn run(
        self,
        context: &Context<Self::State>,
    ) -> impl Future<Output = Result<Self::Output, JobError>> + Send;
}
