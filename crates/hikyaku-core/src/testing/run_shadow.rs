//! One job, run once as a shadow.

use std::error::Error;
use std::sync::Arc;

use serde::Serialize;

use super::run_job::{Ran, play, ran};
use crate::memory::MemoryRoutes;
use crate::{
    BoxFuture, Comparison, Courier, Defaults, Job, JobError, Laravel, Parcel, Route, Worker,
};

/// Runs a job as the shadow of a run in PHP that is done ([`Job::SHADOW`]): what would have come of it, and, by its
/// `dispatched`, that nothing was sent. That it left nothing behind where it works itself, look there.
///
/// The outcome is `Unsettled` if the job does not promise to run as a shadow.
///
/// ```
/// use hikyaku_core::testing::{block_on, run_shadow};
/// use hikyaku_core::{Context, Job, JobError, Outcome};
/// use serde::{Deserialize, Serialize};
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::sync::Arc;
///
/// #[derive(Serialize, Deserialize)]
/// struct Deposit { amount: u32 }
///
/// impl Job for Deposit {
///     const NAME: &'static str = "deposit";
///     const SHADOW: bool = true;
///     type State = Arc<AtomicU32>;
///     type Output = ();
///
///     async fn run(self, context: &Context<Arc<AtomicU32>>) -> Result<(), JobError> {
///         if self.amount == 0 {
///             return Err(JobError::fail("nothing to deposit"));
///         }
///         if !context.is_shadow() {
///             context.state().fetch_add(self.amount, Ordering::Relaxed);
///         }
///         Ok(())
///     }
/// }
///
/// let balance = Arc::new(AtomicU32::new(0));
/// let shadow = block_on(run_shadow(Deposit { amount: 5 }, Arc::clone(&balance)));
/// assert_eq!(shadow.outcome, Outcome::Done);
/// assert_eq!(balance.load(Ordering::Relaxed), 0);
/// ```
pub async fn run_shadow<J: Job + Serialize>(job: J, state: J::State) -> Ran {
    let worker = Worker::new(state)
        .register::<J>()
        .courier(Arc::new(Content));
    let routes = Arc::new(MemoryRoutes::default());
    routes.set(J::NAME, Route::SHADOW);
    let laravel = Laravel {
        routes: Some(Arc::clone(&routes) as _),
        ..Laravel::default()
    };
    let (_, dispatched) = play(worker, &job, laravel).await;
    let mut shadow = ran(None, dispatched);
    if let Some(Comparison { rust, .. }) = routes.comparisons().pop() {
        (shadow.outcome, shadow.error) = (rust.outcome, rust.error);
    } else {
        let why = "the job does not promise to run as a shadow (Job::SHADOW)";
        shadow.error = Some(why.to_owned());
    }
    shadow
}

/// PHP, in which everything succeeds.
struct Content;

impl Courier for Content {
    fn defaults(&self) -> Defaults {
        Defaults::default()
    }

    fn deliver(&self, _: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        Box::pin(async { Ok(()) })
    }

    fn tell_failed(
        &self,
        _: Parcel,
        _: String,
    ) -> BoxFuture<'static, Result<(), Box<dyn Error + Send + Sync>>> {
        Box::pin(async { Ok(()) })
    }
}
