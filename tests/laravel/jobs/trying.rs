//! Jobs that fail.

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// `App\Jobs\FailsUntilTold`: fails until its marker is there.
#[derive(Deserialize, Serialize)]
pub(crate) struct FailsUntilTold {
    marker: String,
    note: String,
    ratio: f64,
}

impl FailsUntilTold {
    fn outcome(&self, record: &Record) -> Result<(), JobError> {
        if record.is_marked(&self.marker) {
            Ok(())
        } else {
            Err(JobError::from(format!(
                "the marker {} is not there",
                self.marker
            )))
        }
    }
}

impl Job for FailsUntilTold {
    const NAME: &'static str = "App\\Jobs\\FailsUntilTold";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "ran")?;
        self.outcome(context.state())
    }
}

/// The same as a string job, whose payload is plain JSON.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct StringFailsUntilTold(FailsUntilTold);

impl Job for StringFailsUntilTold {
    const NAME: &'static str = "fails-until-told";
    const TRIES: u32 = 1;
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "ran")?;
        self.0.outcome(context.state())
    }
}

/// `App\Jobs\TellsWhenItFailed`: always fails; its class has a `failed()` hook.
#[derive(Deserialize, Serialize)]
pub(crate) struct TellsWhenItFailed {
    invoice: u32,
}

impl Job for TellsWhenItFailed {
    const NAME: &'static str = "App\\Jobs\\TellsWhenItFailed";
    const FAILED_HOOK: bool = true;
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "ran")?;
        Err(JobError::fail(format!(
            "invoice {} cannot be sent",
            self.invoice
        )))
    }
}
