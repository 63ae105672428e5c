//! `App\Jobs\ImportRows`: an object job with every kind of property that a message can carry.

use std::collections::BTreeMap;
use std::time::Duration;

use hikyaku::{Context, Job, JobError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::Record;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportRows {
    url: String,
    limit: Option<u32>,
    ratio: f64,
    since: DateTime,
    at: DateTime,
    dry_run: bool,
    columns: BTreeMap<String, Value>,
    delimiter: Delimiter,
    quoted: Delimiter,
    tags: Collection,
    nothing: Option<String>,
}

/// PHP's `DateTime` and what is derived from it: the wall's time and its zone.
#[derive(Deserialize, Serialize)]
struct DateTime {
    date: String,
    timezone: String,
}

/// Laravel's `Collection`.
#[derive(Deserialize, Serialize)]
struct Collection {
    items: Vec<String>,
}

/// `App\Enums\Delimiter`, by the names of its cases.
#[derive(Deserialize, Serialize)]
enum Delimiter {
    Comma,
    Tab,
}

impl Job for ImportRows {
    const NAME: &'static str = "App\\Jobs\\ImportRows";
    const TIMEOUT: Duration = Duration::from_secs(20);
    type State = Record;
    type Output = ();

    async fn run(self, context: &Context<Record>) -> Result<(), JobError> {
        Ok(Record::write(context, &self, "ran")?)
    }
}
