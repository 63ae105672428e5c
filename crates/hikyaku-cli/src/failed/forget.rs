//! `hikyaku forget`, `flush` and `prune-failed`: rows of failed jobs are deleted; the jobs are not run again.

use std::time::Duration;

use clap::Args;
use hikyaku::SystemClock;
use hikyaku::core::Clock as _;
use serde_json::json;

use super::Row;
use super::store::Forgotten;
use crate::confirm::Confirm;
use crate::outcome::{OperatorError, Outcome};
use crate::output;
use crate::place::{Place, Reach};
use crate::time::Since;

/// What `hikyaku forget` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Forget {
    /// The jobs' uuids
    #[arg(value_name = "UUID", required = true)]
    uuids: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// What `hikyaku flush` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Flush {
    /// Only those that failed at least so many hours ago
    #[arg(long, value_name = "N")]
    hours: Option<u64>,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    place: Place,
}

/// What `hikyaku prune-failed` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PruneFailed {
    /// Those that failed at least so many hours ago
    #[arg(long, value_name = "N", default_value_t = 24)]
    hours: u64,
    #[command(flatten)]
    place: Place,
}

impl Forget {
    /// Deletes the rows of these jobs.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().forget(reach))
    }

    async fn forget(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let mut answers = Vec::new();
        for uuid in &self.uuids {
            let forgotten = match reach.failed_job(uuid).await? {
                None => "not found",
                Some(row) => match reach.forget(&row).await? {
                    Forgotten::Yes => "forgotten",
                    Forgotten::Changed => "changed",
                },
            };
            if !self.place.json {
                say!("{}  {}", output::name(uuid), in_words(forgotten));
            }
            answers.push(json!({"uuid": uuid, "result": forgotten}));
        }
        if self.place.json {
            output::json(&answers);
        }
        Ok(Outcome::of(
            answers.iter().all(|answer| answer["result"] == "forgotten"),
        ))
    }
}

fn in_words(result: &str) -> &str {
    match result {
        "not found" => "not found: no failed job has this uuid (`hikyaku failed` lists them)",
        "changed" => "kept: it has failed again at this moment (`hikyaku show` says why)",
        result => result,
    }
}

impl Flush {
    /// Deletes all rows.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().flush(reach))
    }

    async fn flush(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let rows = older(&reach, self.hours.unwrap_or(0)).await?;
        let jobs = output::count(rows.len(), "failed job");
        let question = format!("Delete {jobs} of {} for good?", reach.name());
        if !rows.is_empty() && !self.confirm.asked(&question)? {
            say!("Nothing was deleted.");
            return Ok(Outcome::Partly);
        }
        delete(&reach, &rows, self.place.json).await
    }
}

impl PruneFailed {
    /// Deletes old rows.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().prune(reach))
    }

    async fn prune(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let rows = older(&reach, self.hours).await?;
        delete(&reach, &rows, self.place.json).await
    }
}

async fn older(reach: &Reach, hours: u64) -> Result<Vec<Row>, OperatorError> {
    let ago = Duration::from_secs(hours.saturating_mul(3_600));
    let before = Since::Ago(ago).moment(SystemClock.now());
    let mut rows = reach.failed_jobs().await?;
    rows.retain(|row| row.failed_at <= before);
    Ok(rows)
}

async fn delete(reach: &Reach, rows: &[Row], in_json: bool) -> Result<Outcome, OperatorError> {
    let mut deleted = 0;
    for row in rows {
        deleted += usize::from(reach.forget(row).await? == Forgotten::Yes);
    }
    if in_json {
        output::json(&json!({"deleted": deleted, "kept": rows.len() - deleted}));
    } else {
        say!("{} deleted.", output::count(deleted, "failed job"));
    }
    Ok(Outcome::of(deleted == rows.len()))
}
