//! `App\Jobs\Switched`: a class whose route is changed while its jobs run.

use std::time::Duration;

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// What it does, in PHP and here: with a marker it waits for that, or fails until it is there.
#[derive(Deserialize, Serialize)]
pub(crate) struct Switched {
    marker: String,
    throws: bool,
}

impl Switched {
    fn is_marked(&self, context: &Context<Record>) -> bool {
        self.marker.is_empty() || context.state().is_marked(&self.marker)
    }
}

impl Job for Switched {
    const NAME: &'static str = "App\\Jobs\\Switched";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        if self.throws && !self.is_marked(context) {
            Record::write(context, &self, "threw")?;
            return Err(JobError::from(format!(
                "the marker {} is not there",
                self.marker
            )));
        }
        if !self.is_marked(context) {
            Record::write(context, &self, "began")?;
        }
        while !self.is_marked(context) {
            context.sleep(Duration::from_millis(10)).await;
        }
        Ok(Record::write(context, &self, "ended")?)
    }
}
