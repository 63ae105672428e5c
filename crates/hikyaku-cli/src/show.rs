//! `hikyaku show`: all that is known of one job.

mod progress;
mod told;

use clap::Args;
use hikyaku::core::{Clock as _, Side, State};
use hikyaku::ledger::Found;
use hikyaku::{SystemClock, Timestamp};
use serde_json::{Value as Json, json};

use self::progress::Progress;
use self::told::Told;
use crate::failed::{Row, row_to_json};
use crate::logs::{self, NotStarted};
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

/// What the two tables say, and the log where they do not.
struct Seen {
    found: Option<Found>,
    row: Option<Row>,
    told: Option<Told>,
    /// Functions that did not start, which may be why it has not ended.
    not_started: Vec<NotStarted>,
    now: Timestamp,
}

impl Show {
    /// Prints what the ledger and the failed jobs say of the job.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        let seen = self.place.run(|reach| look(reach, self.uuid.clone()))?;
        let is_there = seen.is_there();
        if self.place.json {
            output::json(&seen.to_json(&self.uuid));
        } else if is_there {
            output::say(&seen.text(&self.uuid));
        } else {
            tell!(
                "hikyaku: nothing is known of job `{}`: it has not begun, it keeps no ledger (AtLeastOnce) and no line of \
                 the last day has its uuid, it is forgotten after 15 days, or it is of another place (see --local, \
                 --region, --ledger-table)",
                self.uuid
            );
        }
        if !self.place.json {
            output::tell(&logs::as_text(&seen.not_started));
        }
        Ok(Outcome::of(is_there))
    }
}

async fn look(reach: Reach, uuid: String) -> Result<Seen, OperatorError> {
    let (found, row) = tables(&reach, &uuid).await?;
    let mut seen = Seen {
        found,
        row,
        told: None,
        not_started: Vec::new(),
        now: SystemClock.now(),
    };
    seen.look_at_logs(&reach, &uuid).await?;
    Ok(seen)
}

async fn tables(reach: &Reach, uuid: &str) -> Result<(Option<Found>, Option<Row>), OperatorError> {
    let found = reach.ledger().find(uuid).await.map_err(|error| {
        let doing = format!(
            "looking up job `{uuid}` in table `{}`",
            reach.config.ledger_table
        );
        OperatorError::asking(doing, ABOUT_TABLES, error)
    })?;
    Ok((found, reach.failed_job(uuid).await?))
}

impl Seen {
    fn is_there(&self) -> bool {
        self.found.is_some() || self.row.is_some() || self.told.is_some()
    }

    /// For what the tables do not know, or say that it has not ended. One request for each function, and for a place whose
    /// functions or logs cannot be read none: the tables are what was asked for.
    async fn look_at_logs(&mut self, reach: &Reach, uuid: &str) -> Result<(), OperatorError> {
        let has_ended = ["done", "failed", "cancelled"].contains(&self.state());
        if has_ended {
            return Ok(());
        }
        let Ok(functions) = reach.functions().await else {
            return Ok(());
        };
        if self.found.is_none() {
            self.told = reach.told(&functions, uuid, self.now).await;
        }
        if self.told.is_some() {
            // It may have ended since they were read, and they know more.
            (self.found, self.row) = tables(reach, uuid).await?;
            if self.found.is_some() || self.row.is_some() {
                self.told = None;
            }
        } else {
            self.not_started = reach.not_started(&functions).await.unwrap_or_default();
        }
        Ok(())
    }

    fn state(&self) -> &str {
        match self.found.as_ref().map(|found| &found.record) {
            None if self.row.is_some() => "failed",
            None => self.told.as_ref().map_or("unknown", Told::state),
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
        let of_log = self.told.as_ref().and_then(|told| told.job.clone());
        let job = of_ledger.or(of_row).or(of_log);
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
        if let Some(told) = &self.told {
            let said = text!("{} at {}, and it keeps no ledger", told.outcome, told.at);
            lines.push(("by its log", said));
            lines.extend(
                told.error
                    .as_ref()
                    .map(|error| ("error", text!("{}", error))),
            );
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
        json!({
            "uuid": uuid,
            "state": self.state(),
            "ledger": ledger,
            "failed": self.row.as_ref().map(row_to_json),
            "log": self.told,
            "notStarted": self.not_started,
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
