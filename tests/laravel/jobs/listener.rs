//! `App\Listeners\TalliesRows`: a queued listener, under its own class's name.

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// What Laravel's `CallQueuedListener` carries: the event is the first of the arguments.
#[derive(Deserialize, Serialize)]
pub(crate) struct TalliesRows {
    method: String,
    data: (RowsTallied,),
}

/// The event.
#[derive(Deserialize, Serialize)]
struct RowsTallied {
    table: String,
    rows: u32,
}

impl Job for TalliesRows {
    const NAME: &'static str = "App\\Listeners\\TalliesRows";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Ok(Record::write(context, &self, "ran")?)
    }
}
