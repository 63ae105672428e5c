//! The job as a message asks for it.

use std::time::Duration;

use hikyaku::{Context, Guarantee, Job, JobError};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Attempt, Encoding, ImportError, Imported, Importer, import};

/// An attempt with less time left than this, or than a tenth of its time, begins no further chunk; the next attempt
/// goes on from there.
const MARGIN: Duration = Duration::from_secs(10);

/// Import the object at `url` into `table`.
///
/// The first line of the object names the columns. See [`Settings`](crate::Settings) for which objects and tables a
/// message may name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportCsv {
    /// `s3://bucket/key`, or `file:///path` on a laptop.
    pub url: Url,
    /// A table of `IMPORT_TABLES`.
    pub table: String,
    /// `auto` (the default), `utf-8` or `cp932`.
    #[serde(default)]
    pub encoding: Encoding,
}

impl Job for ImportCsv {
    const NAME: &'static str = "App\\Jobs\\ImportCsv";
    const TRIES: u32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(10);
    const GUARANTEE: Guarantee = Guarantee::Once;
    type State = Importer;
    type Output = Imported;

    async fn run(self, context: &Context<Importer>) -> Result<Imported, JobError> {
        let attempt = Attempt {
            id: context.id(),
            token: context.token(),
        };
        let margin = (context.time_left() / 10).min(MARGIN);
        let stop = || context.should_stop() || context.time_left() < margin;
        import(context.state(), &self, attempt, stop)
            .await
            .map_err(verdict)
    }
}

/// What an error means for the job.
fn verdict(error: ImportError) -> JobError {
    match error {
        // A file may take more attempts than the job has tries: one that only ran out of time spends none.
        ImportError::Stopped { row } => {
            tracing::info!(
                row,
                "the attempt's time is over; the next one goes on from here"
            );
            JobError::snooze(Duration::ZERO)
        }
        error if error.is_permanent() => JobError::fail(error),
        error => error.into(),
    }
}
