//! `hikyaku show`: all that is known of one job.

mod progress;

use clap::Args;
use hikyaku::core::{Clock as _, Side, State};
use hikyaku::ledger::Found;
use hikyaku::{SystemClock, Timestamp};
use serde_json::{Value as Json, json};

use self::progress::Progress;
use crate::failed::{Row, row_to_json};
use crate::outcome::{OperatorError, Outcome};
use crate::output::{self, Text};
use crate::place::{ABOUT_TABLES, Place, Reach};

/// What `hikyaku show` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Show {
    /// The job's uuid
    #[arg(value_name = "UUID")]
    uuid: String,
    #[command(flatten)]
    place: Place,
}

/// What the two tables say.
struct Seen {
    found: Option<Found>,
    row: Option<Row>,
    now: Timestamp,
}

impl Show {
    /// Prints what the ledger and the failed jobs say of the job.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        let seen = self.place.run(|reach| look(reach, self.uuid.clone()))?;
        let is_there = seen.found.is_some() || seen.row.is_some();
        if self.place.json {
            output::json(&seen.to_json(&self.uuid));
        } else if is_there {
            output::say(&seen.text(&self.uuid));
        } else {
            tell!(
                "hikyaku: nothing is known of job `{}`: it has not begun, its job keeps no ledger (AtLeastOnce), it is \
                 forgotten after 15 days, or it is of another place (see --local, --region, --ledger-table)",
                self.uuid
            );
        }
        Ok(Outcome::of(is_there))
    }
}

async fn look(reach: Reach, uuid: String) -> Result<Seen, OperatorError> {
    let ledger = reach.ledger();
    let found = ledger.find(&uuid).await.map_err(|error| {
        let doing = format!(
            "looking up job `{uuid}` in table `{}`",
            reach.config.ledger_table
        );
        OperatorError::asking(doing, ABOUT_TABLES, error)
    })?;
    Ok(Seen {
        found,
        row: reach.failed_job(&uuid).await?,
        now: SystemClock.now(),
    })
}

impl Seen {
    fn state(&self) -> &'static str {
        match self.found.as_ref().map(|found| &found.record) {
            None => "failed",
            Some(record) => match record.state {
                State::Pending => "pending",
                State::Running if record.lease < self.now => "running, lease over",
                State::Running => "running",
                State::Done => "done",
                State::Failed => "failed",
                State::Cancelled => "cancelled",
            },
        }
    }

    fn text(&self, uuid: &str) -> Text {
        let mut lines: Vec<(&str, Text)> = vec![("uuid", text!("{}", output::name(uuid)))];
        let of_row = self.row.as_ref().map(Row::job);
        let of_ledger = self.found.as_ref().and_then(|found| found.job.clone());
        let job = of_ledger.or(of_row);
        lines.extend(job.map(|job| ("job", text!("{}", output::name(&job)))));
        let state = match self.state() {
            "failed" => output::red("failed"),
            "running, lease over" => text!(
                "running, but its lease is over: its process died, and its message comes back by itself"
            ),
            state => text!("{}", state),
        };
        lines.push(("state", state));
        if let Some(found) = &self.found {
            lines.extend(of_record(found));
        }
        if let Some(row) = &self.row {
            lines.push(("queue", text!("{}", output::name(row.queue_name()))));
            lines.push(("failed at", text!("{} UTC", output::moment(row.failed_at))));
        }
        let lines: Vec<_> = lines
            .iter()
            .map(|(name, value)| text!("{:<12}{}", name, value))
            .collect();
        let mut text = Text::lines(&lines);
        if let Some(row) = &self.row {
            text.push(&text!(
                "\n{}\n`hikyaku retry` with this uuid sends it again, `hikyaku forget` deletes this row.\n",
                Text::block("  ", &row.exception)
            ));
        }
        text
    }

    fn to_json(&self, uuid: &str) -> Json {
        let ledger = self.found.as_ref().map(|found| {
            let record = &found.record;
            json!({
                "job": found.job,
                "message": found.message,
                "tries": record.tries_spent,
                "exceptions": record.exceptions,
                "generation": record.generation,
                "side": record.side.map(Side::word),
                "attempts": record.token,
                "lease": lease(found).map(output::rfc3339),
                "checkpoint": record.checkpoint.as_deref().map(checkpoint),
                "progress": record.checkpoint.as_deref().and_then(Progress::of),
                "error": record.last_error,
                "forgottenAt": output::rfc3339(record.expires),
            })
        });
        let is_there = self.found.is_some() || self.row.is_some();
        json!({
            "uuid": uuid,
            "state": if is_there { self.state() } else { "unknown" },
            "ledger": ledger,
            "failed": self.row.as_ref().map(row_to_json),
        })
    }
}

fn of_record(found: &Found) -> Vec<(&'static str, Text)> {
    let record = &found.record;
    let mut lines = vec![(
        "tries",
        text!(
            "{} in this generation, {} attempts in all",
            record.tries_spent,
            record.token
        ),
    )];
    lines.extend(record.side.map(|side| ("side", text!("{}", side.word()))));
    if record.generation > 0 {
        let times = output::count(record.generation as usize, "time");
        lines.push(("sent again", text!("{} after it had failed", times)));
    }
    if let Some(lease) = lease(found) {
        lines.push(("lease until", text!("{} UTC", output::moment(lease))));
    }
    let progress = record.checkpoint.as_deref().and_then(Progress::of);
    lines.extend(progress.map(|progress| ("progress", text!("{}", progress))));
    let said = [
        ("checkpoint", &record.checkpoint),
        ("last error", &record.last_error),
        ("message", &found.message),
    ];
    lines.extend(said.into_iter().filter_map(|(name, said)| {
        let said = said.as_deref()?;
        Some((name, text!("{}", said)))
    }));
    lines
}

fn lease(found: &Found) -> Option<Timestamp> {
    (found.record.state == State::Running).then_some(found.record.lease)
}

/// What a job saved is JSON.
fn checkpoint(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::from(text))
}
