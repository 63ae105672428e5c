//! A function whose jobs end in every way there is, for the tests of what a function writes (`process/observed.rs`).

use std::sync::Arc;
use std::time::Duration;

use hikyaku::core::{BoxFuture, Courier, Defaults, Parcel};
use hikyaku::{Context, Job, JobError, Worker};
use serde::{Deserialize, Serialize};

/// A job with something in its payload that nobody may read in a log.
#[derive(Debug, Serialize, Deserialize)]
struct Observed {
    /// What it does.
    act: Act,
    /// What must not be seen.
    secret: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Succeed,
    /// Fails once, then is done.
    Release,
    Fail,
    Panic,
    /// Dispatches one that succeeds.
    Dispatch,
}

impl Job for Observed {
    const NAME: &'static str = "observed";
    const TRIES: u32 = 2;
    const BACKOFF: &'static [Duration] = &[Duration::ZERO];
    type State = ();
    type Output = ();

    async fn run(self, context: &Context<()>) -> Result<(), JobError> {
        tracing::trace!("a trace of the job's own");
        tracing::debug!("a debug line of the job's own");
        tracing::info!(header = context.trace(), "an info line of the job's own");
        tracing::warn!("a warning of the job's own");
        match self.act {
            Act::Succeed => Ok(()),
            Act::Release if context.attempt() > 1 => Ok(()),
            Act::Release => Err("the mail server is busy".into()),
            Act::Fail => Err(JobError::fail("the address does not exist")),
            Act::Panic => panic!("the job's own panic"),
            Act::Dispatch => {
                let next = Self {
                    act: Act::Succeed,
                    ..self
                };
                context.dispatch("next", &next).await?;
                Ok(())
            }
        }
    }
}

/// Stands for an application: what is not registered here succeeds there, unless its id says that it fails.
struct Application;

impl Courier for Application {
    fn defaults(&self) -> Defaults {
        Defaults {
            timeout: 10,
            ..Defaults::default()
        }
    }

    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        let fails = parcel.id.ends_with("fail");
        let answer = if fails {
            Err("no paper".into())
        } else {
            Ok(())
        };
        Box::pin(async { answer })
    }

    fn tell_failed(
        &self,
        _: Parcel,
        _: String,
    ) -> BoxFuture<'static, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the environment is read"
)]
async fn main() -> Result<(), hikyaku::Error> {
    let mut worker = Worker::new(()).register::<Observed>();
    if std::env::var("OBSERVED_COURIER").is_ok() {
        worker = worker.courier(Arc::new(Application));
    }
    hikyaku::serve(worker).await
}
