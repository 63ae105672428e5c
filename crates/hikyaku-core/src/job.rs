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

    /// What a second delivery of the same job does, and what that costs.
    const GUARANTEE: Guarantee = Guarantee::Once;

    /// What all jobs of one binary share: pools, clients, settings.
    type State: Send + Sync + 'static;

    /// What a direct invocation is answered with.
    type Output: Serialize + Send + 'static;

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
