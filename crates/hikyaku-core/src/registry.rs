//! The jobs a worker knows, by name.

use std::collections::BTreeMap;

use hikyaku_laravel::{Envelope, PayloadError};
use serde_json::value::RawValue;

use crate::policy::Description;
use crate::{BoxFuture, Context, Job, JobError};

/// A payload that has become a job, ready to run.
pub(crate) type Prepared<S> = Box<
    dyn FnOnce(Context<S>) -> BoxFuture<'static, Result<Option<Box<RawValue>>, JobError>> + Send,
>;

/// One job type, its Rust type forgotten.
pub(crate) struct Registered<S> {
    pub(crate) description: Description,
    pub(crate) prepare: fn(&Envelope) -> Result<Prepared<S>, PayloadError>,
}

/// All job types of one worker.
pub(crate) struct Registry<S> {
    jobs: BTreeMap<&'static str, Registered<S>>,
}

impl<S: Send + Sync + 'static> Registry<S> {
    pub(crate) fn new() -> Self {
        Self {
            jobs: BTreeMap::new(),
        }
    }

    /// Adds a job type; answers whether its name was taken.
    pub(crate) fn register<J: Job<State = S>>(&mut self) -> bool {
        let registered = Registered {
            description: Description::of::<J>(),
            prepare: prepare::<J>,
        };
        self.jobs.insert(J::NAME, registered).is_some()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Registered<S>> {
        self.jobs.get(name)
    }

    pub(crate) fn descriptions(&self) -> impl Iterator<Item = &Description> {
        self.jobs.values().map(|job| &job.description)
    }
}

fn prepare<J: Job>(envelope: &Envelope) -> Result<Prepared<J::State>, PayloadError> {
    let job: J = envelope.payload()?;
    Ok(Box::new(move |context| {
        Box::pin(async move {
            let output = job.run(&context).await?;
            // An output that cannot be shown as JSON is not worth a second run of the job.
            Ok(serde_json::value::to_raw_value(&output).ok())
        })
    }))
}
