//! The jobs a worker knows, by name.

use std::collections::BTreeMap;

use hikyaku_laravel::{Contents, PayloadError};

use crate::Job;
use crate::job::lane::Lane;
use crate::job::policy::Description;
use crate::job::prepared::{Declared, Prepared, Run};

/// One job type, its Rust type forgotten.
pub(crate) struct Registered<S> {
    pub(crate) description: Description,
    pub(crate) prepare: fn(&Contents<'_>) -> Result<Prepared<S>, PayloadError>,
}

/// All job types of one worker.
pub(crate) struct Registry<S> {
    jobs: BTreeMap<&'static str, Registered<S>>,
    /// What takes every other name.
    any: Option<Registered<S>>,
    /// Who takes what is not among them.
    lane: Option<Lane>,
}

impl<S: Send + Sync + 'static> Registry<S> {
    pub(crate) fn new() -> Self {
        Self {
            jobs: BTreeMap::new(),
            any: None,
            lane: None,
        }
    }

    pub(crate) fn send_the_rest_by(&mut self, lane: Lane) {
        self.lane = Some(lane);
    }

    /// Who takes what no job here is for.
    pub(crate) fn lane(&self) -> Option<&Lane> {
        self.lane.as_ref()
    }

    /// Whether a job of this name has its place in this worker's queue.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.lane.is_some() || self.jobs.contains_key(name)
    }

    /// The job type of this name, if its jobs can run here and by the courier.
    pub(crate) fn on_both_sides(&self, name: &str) -> Option<&Registered<S>> {
        self.lane.as_ref().and(self.jobs.get(name))
    }

    /// Adds a job type; answers whether its name was taken.
    pub(crate) fn register<J: Job<State = S>>(&mut self) -> bool {
        let registered = Registered {
            description: Description::of::<J>(),
            prepare: prepare::<J>,
        };
        self.jobs.insert(J::NAME, registered).is_some()
    }

    /// Has every name taken by one type.
    pub(crate) fn take_any(&mut self, registered: Registered<S>) {
        self.any = Some(registered);
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Registered<S>> {
        self.jobs.get(name).or(self.any.as_ref())
    }

    pub(crate) fn descriptions(&self) -> impl Iterator<Item = &Description> {
        self.jobs.values().map(|job| &job.description)
    }
}

fn prepare<J: Job>(contents: &Contents<'_>) -> Result<Prepared<J::State>, PayloadError> {
    let job: J = contents.payload()?;
    let declared = Declared {
        unique_id: job.unique_id(),
        debounce_id: job.debounce_id(),
    };
    let run: Run<J::State> = Box::new(move |context| {
        Box::pin(async move {
            let output = job.run(&context).await?;
            // An output that cannot be shown as JSON is not worth a second run of the job.
            Ok(serde_json::value::to_raw_value(&output).ok())
        })
    });
    Ok(Prepared { run, declared })
}
