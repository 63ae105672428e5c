//! A function whose jobs end in every way there is, for the tests of what a function writes (`process/observed.rs`).

use std::time::Duration;

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::new(()).register::<Observed>()).await
}
