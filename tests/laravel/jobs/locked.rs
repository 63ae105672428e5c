//! Jobs with a lock in Laravel's cache.

use std::time::Duration;

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// How often a job looks for its marker.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// `App\Jobs\UniqueStep`: one of a table at a time, from its dispatch to its end. With a marker, it fails until that is
/// there.
#[derive(Deserialize, Serialize)]
pub(crate) struct UniqueStep {
    table: String,
    marker: String,
}

impl Job for UniqueStep {
    const NAME: &'static str = "App\\Jobs\\UniqueStep";
    type State = Record;
    type Output = ();

    fn unique_id(&self) -> Option<String> {
        Some(self.table.clone())
    }

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "ran")?;
        if self.marker.is_empty() || context.state().is_marked(&self.marker) {
            return Ok(());
        }
        Err(JobError::fail(format!(
            "the marker {} is not there",
            self.marker
        )))
    }
}

/// `App\Jobs\UniqueUntilStarted`: one of a table at a time, from its dispatch to its start.
#[derive(Deserialize, Serialize)]
pub(crate) struct UniqueUntilStarted {
    table: String,
    marker: String,
}

impl Job for UniqueUntilStarted {
    const NAME: &'static str = "App\\Jobs\\UniqueUntilStarted";
    const TIMEOUT: Duration = Duration::from_secs(20);
    const UNIQUE_UNTIL_PROCESSING: bool = true;
    type State = Record;
    type Output = ();

    fn unique_id(&self) -> Option<String> {
        Some(self.table.clone())
    }

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "began")?;
        wait_for(&self.marker, context).await;
        Ok(Record::write(context, &self, "ended")?)
    }
}

/// `App\Jobs\Alone`: the middleware `WithoutOverlapping` keeps it from running beside another of its key.
#[derive(Deserialize, Serialize)]
pub(crate) struct Alone {
    name: String,
    marker: String,
}

impl Job for Alone {
    const NAME: &'static str = "App\\Jobs\\Alone";
    const TIMEOUT: Duration = Duration::from_secs(20);
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Record::write(context, &self, "began")?;
        wait_for(&self.marker, context).await;
        Ok(Record::write(context, &self, "ended")?)
    }
}

async fn wait_for(marker: &str, context: &Context<Record>) {
    while !context.state().is_marked(marker) {
        context.sleep(LOOK_EVERY).await;
    }
}
