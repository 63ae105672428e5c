//! Jobs that do nothing but say that they ran: links of chains, parts of batches.

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// `App\Jobs\Step`.
#[derive(Deserialize, Serialize)]
pub(crate) struct Step {
    name: String,
}

impl Job for Step {
    const NAME: &'static str = "App\\Jobs\\Step";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Ok(Record::write(context, &self, "ran")?)
    }
}

/// `App\Jobs\BatchedStep`: fails if it is to, until its marker is there.
#[derive(Deserialize, Serialize)]
pub(crate) struct BatchedStep {
    number: u32,
    fails: bool,
    marker: String,
}

impl Job for BatchedStep {
    const NAME: &'static str = "App\\Jobs\\BatchedStep";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "ran")?;
        let mended = !self.marker.is_empty() && context.state().is_marked(&self.marker);
        if self.fails && !mended {
            return Err(JobError::fail(format!("number {} fails", self.number)));
        }
        Ok(())
    }
}

/// `App\Jobs\SecretStep`, whose message is encrypted.
#[derive(Deserialize, Serialize)]
pub(crate) struct SecretStep {
    secret: String,
}

impl Job for SecretStep {
    const NAME: &'static str = "App\\Jobs\\SecretStep";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Ok(Record::write(context, &self, "ran")?)
    }
}
