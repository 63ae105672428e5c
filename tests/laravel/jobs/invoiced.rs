//! `App\Jobs\Invoiced`: a class that first runs as a shadow here.

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

#[derive(Deserialize, Serialize)]
pub(crate) struct Invoiced {
    lines: i64,
}

impl Job for Invoiced {
    const NAME: &'static str = "App\\Jobs\\Invoiced";
    const SHADOW: bool = true;
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        if self.lines == 0 {
            return Err(JobError::fail("an invoice without lines"));
        }
        if context.is_shadow() {
            return Ok(());
        }
        Ok(Record::write(context, &self, "ran")?)
    }
}
