//! Dispatching: from an application to the local SQS with AWS's client, and from job to job in virtual time.

mod cloud;
mod documented;
mod onward;
mod to_php;
mod to_queues;

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportCsv {
    source_url: String,
    rows: Option<u32>,
}

impl ImportCsv {
    fn of(source_url: &str) -> Self {
        Self {
            source_url: source_url.to_owned(),
            rows: None,
        }
    }
}

impl Job for ImportCsv {
    const NAME: &'static str = "App\\Jobs\\ImportCsv";
    type State = ();
    type Output = ();

    async fn run(self, _: &Context<()>) -> Result<(), JobError> {
        Ok(())
    }
}
