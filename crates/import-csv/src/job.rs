//! The job as a message asks for it.

use std::time::Duration;

use hikyaku::{Context, Guarantee, Job, JobError};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Attempt, Encoding, ImportError, Imported, Importer, Progress, import};

/// An attempt with less time left than this, or than a tenth of its time, begins no further chunk; the next invocation
/// goes on from there.
const MARGIN: Duration = Duration::from_secs(10);

/// Import the object at `url` into `table`.
///
/// The first line of the object names the columns, between commas, semicolons or tabs. See [`Settings`](crate::Settings) for which objects and tables a
/// message may name.
///
/// A file may take many invocations: each goes on where the one before it stopped, with the same message.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportCsv {
    /// `s3://bucket/key`, or `file:///path` on a laptop; how a key is written: [`hikyaku::objects::object_url`].
    #[serde(with = "hikyaku::objects::object_url")]
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
        // Another version may have left something else: then it is found out again.
        let progress = context.resume::<Progress>().unwrap_or_default();
        let attempt = Attempt {
            id: context.id(),
            token: context.token(),
            progress: progress.as_ref(),
        };
        let margin = (context.time_left() / 10).min(MARGIN);
        let stop = || context.should_stop() || context.time_left() < margin;
        match import(context.state(), &self, attempt, stop).await {
            Err(ImportError::Stopped(progress)) => {
                context.checkpoint(&progress).await?;
                Err(JobError::continuation())
            }
            Err(error) if error.is_permanent() => Err(JobError::fail(error)),
            Err(error) => Err(error.into()),
            Ok(imported) => Ok(imported),
        }
    }
}
