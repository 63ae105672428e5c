//! `build-report`: a string job, plain JSON.

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::record::Record;

#[derive(Deserialize, Serialize)]
pub(crate) struct BuildReport {
    #[serde(default)]
    month: Option<String>,
    #[serde(default)]
    shares: Vec<f64>,
    #[serde(default)]
    title: String,
}

impl Job for BuildReport {
    const NAME: &'static str = "build-report";
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Ok(Record::write(context, &self, "ran")?)
    }
}
