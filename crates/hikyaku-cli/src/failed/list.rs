//! `hikyaku failed`.

use clap::Args;
use hikyaku::SystemClock;
use hikyaku::core::Clock as _;
use serde_json::{Value as Json, json};

use super::Row;
use super::selection::Filter;
use crate::outcome::{OperatorError, Outcome};
use crate::output::{self, Text};
use crate::place::{Place, Reach};

/// What an error is cut to, so that a row stays a line of an 80-column terminal.
const LINE: usize = 76;

/// What `hikyaku failed` takes.
#[derive(Debug, Args)]
pub(crate) struct Failed {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    place: Place,
}

impl Failed {
    /// Lists failed jobs, the newest first.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        let rows = self.place.run(|reach| rows(reach, self.filter.clone()))?;
        if self.place.json {
            output::json(&rows.iter().map(to_json).collect::<Vec<_>>());
        } else {
            output::say(&text(&rows));
        }
        Ok(Outcome::Done)
    }
}

async fn rows(reach: Reach, filter: Filter) -> Result<Vec<Row>, OperatorError> {
    let now = SystemClock.now();
    let mut rows = reach.failed_jobs().await?;
    rows.retain(|row| filter.takes(row, now));
    Ok(rows)
}

fn text(rows: &[Row]) -> Text {
    if rows.is_empty() {
        return text!("No failed jobs.\n");
    }
    let mut table = vec![["UUID", "FAILED AT (UTC)", "JOB"].map(str::to_owned)];
    table.extend(rows.iter().map(|row| {
        let at = output::moment(row.failed_at);
        [row.uuid.clone(), at, row.job()]
    }));
    let (heading, lines) = output::table_lines(&table);
    let mut text = heading;
    for (line, row) in lines.iter().zip(rows) {
        let error = output::in_short(row.error(), LINE);
        text.push(&text!("{}\n    {}\n", line, output::red(&error)));
    }
    text.push(&text!(
        "\n{} failed. `hikyaku show UUID` says more, `hikyaku retry UUID` sends it again.\n",
        output::count(rows.len(), "job")
    ));
    text
}

/// A row as programs read it.
pub(crate) fn to_json(row: &Row) -> Json {
    json!({
        "uuid": row.uuid,
        "job": row.job(),
        "queue": row.queue,
        "connection": row.connection,
        "failedAt": output::rfc3339(row.failed_at),
        "error": row.error(),
        "exception": row.exception,
        "outcomeUnknown": row.is_outcome_unknown(),
    })
}
