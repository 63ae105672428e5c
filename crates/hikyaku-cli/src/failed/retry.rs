//! `hikyaku retry`: failed jobs are sent again, under their uuids.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::{ArgGroup, Args};
use hikyaku::core::{Clock as _, Outgoing, Queue as _, Random as _, is_fifo};
use hikyaku::{SqsQueue, SystemClock, SystemRandom};
use hikyaku_laravel::random_uuid;
use serde_json::json;

use super::Row;
use super::selection::Filter;
use super::store::Forgotten;
use super::verdict::{Verdict, judge};
use crate::outcome::{OperatorError, Outcome};
use crate::output::{self, Text};
use crate::place::{ABOUT_TABLES, Place, Reach};

/// The word for every failed job.
const ALL: &str = "all";

/// What `hikyaku retry` takes.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("which").required(true).multiple(true).args(["uuids", "job", "queue", "since"])))]
pub(crate) struct Retry {
    /// The jobs' uuids, or `all`
    #[arg(value_name = "UUID")]
    uuids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send at most so many a second
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
    /// Send to this queue, not to the one that the job came from
    #[arg(long, value_name = "QUEUE")]
    to: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// What became of one job.
enum Answer {
    Sent { queue: String, kept: Option<String> },
    WouldSend { queue: String },
    Refused(String),
    NotFound,
}

impl Retry {
    /// Sends, and says of each job what became of it.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        if !self.uuids.is_empty() && !self.is_bulk() && !self.filter.is_empty() {
            return Err(OperatorError::Given(
                "uuids say which jobs are meant; leave out --job, --queue and --since, or the uuids".to_owned(),
            ));
        }
        self.place.run(|reach| self.clone().retry(reach))
    }

    fn is_bulk(&self) -> bool {
        self.uuids.is_empty() || self.uuids.iter().any(|uuid| uuid == ALL)
    }

    async fn retry(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let mut answers = Vec::new();
        let mut all = true;
        let pause = self.rate.map(|rate| Duration::from_secs(1) / rate.get());
        for (uuid, row) in self.chosen(&reach).await? {
            let answer = match row {
                None => Answer::NotFound,
                Some(row) => self.one(&reach, &row).await?,
            };
            all &= matches!(answer, Answer::Sent { .. } | Answer::WouldSend { .. });
            if !self.place.json {
                say!("{}", line(&output::name(&uuid), &answer));
            }
            if let (Answer::Sent { .. }, Some(pause)) = (&answer, pause) {
                tokio::time::sleep(pause).await;
            }
            answers.push((uuid, answer));
        }
        if self.place.json {
            let answers: Vec<_> = answers
                .iter()
                .map(|(uuid, answer)| to_json(uuid, answer))
                .collect();
            output::json(&answers);
        } else if answers.is_empty() {
            say!("No failed jobs to retry.");
        }
        Ok(Outcome::of(all))
    }

    /// In bulk the oldest come first, as they once did.
    async fn chosen(&self, reach: &Reach) -> Result<Vec<(String, Option<Row>)>, OperatorError> {
        let mut chosen = Vec::new();
        if self.is_bulk() {
            let now = SystemClock.now();
            let mut rows = reach.failed_jobs().await?;
            rows.retain(|row| self.filter.takes(row, now));
            rows.reverse();
            chosen.extend(rows.into_iter().map(|row| (row.uuid.clone(), Some(row))));
        } else {
            for uuid in &self.uuids {
                chosen.push((uuid.clone(), reach.failed_job(uuid).await?));
            }
        }
        Ok(chosen)
    }

    /// Sends first and forgets then: whatever dies in between leaves a job that runs, and a row that a second retry finds
    /// refused. The row that is forgotten is the one that was sent, not one of a failure since.
    async fn one(&self, reach: &Reach, row: &Row) -> Result<Answer, OperatorError> {
        let uuid = &row.uuid;
        let found = reach.ledger().find(uuid).await.map_err(|error| {
            let table = &reach.config.ledger_table;
            let doing =
                format!("looking up job `{uuid}` in table `{table}`, to see whether it runs");
            OperatorError::asking(doing, ABOUT_TABLES, error)
        })?;
        let body = match judge(row, found.as_ref(), self.is_bulk(), SystemClock.now()) {
            Verdict::Send(body) => body,
            Verdict::Refuse(reason) => return Ok(Answer::Refused(reason)),
        };
        let Some(queue) = self
            .to
            .as_deref()
            .or_else(|| Some(&*row.queue).filter(|queue| !queue.is_empty()))
        else {
            return Ok(Answer::Refused(
                "it came from no queue (a schedule or a direct invocation): say where it goes with --to QUEUE".to_owned(),
            ));
        };
        let queue = reach.queue_url(queue).await?;
        if self.dry_run {
            return Ok(Answer::WouldSend { queue });
        }
        let message = Outgoing {
            // In a FIFO queue, the group that a string job has there by default.
            group: is_fifo(&queue).then(|| queue.rsplit('/').next().unwrap_or_default().to_owned()),
            // Of its own for every send: a message that SQS took for a copy would be lost with its row.
            deduplication: random_uuid(SystemRandom.secret().ok_or_else(|| {
                OperatorError::Given("this machine gives no random numbers; try again".to_owned())
            })?),
            queue,
            body,
            delay: Duration::ZERO,
            trace: row.trace.clone(),
        };
        let sqs = SqsQueue::new(reach.config.clone());
        sqs.send(&message).await.map_err(|error| {
            let next = "its row is kept: try again; if the queue is gone, say where it goes with --to QUEUE";
            OperatorError::asking(format!("retrying job `{uuid}`"), next, error)
        })?;
        let kept = match reach.forget(row).await {
            Ok(Forgotten::Yes) => None,
            Ok(Forgotten::Changed) => Some("its row has changed meanwhile and is kept".to_owned()),
            Err(error) => Some(format!(
                "its row is still there: {}",
                hikyaku::explain(&error)
            )),
        };
        Ok(Answer::Sent {
            queue: message.queue,
            kept,
        })
    }
}

fn line(uuid: &str, answer: &Answer) -> Text {
    match answer {
        Answer::Sent { queue, kept } => {
            let kept = kept
                .as_ref()
                .map_or_else(String::new, |kept| format!("; {kept}"));
            text!("{}  sent to {}{}", uuid, short(queue), kept)
        }
        Answer::WouldSend { queue } => text!("{}  would be sent to {}", uuid, short(queue)),
        Answer::Refused(reason) => text!("{}  {}: {}", uuid, output::red("refused"), reason),
        Answer::NotFound => text!(
            "{}  {}: no failed job has this uuid (`hikyaku failed` lists them)",
            uuid,
            output::red("not found")
        ),
    }
}

fn short(queue: &str) -> &str {
    queue.rsplit('/').next().unwrap_or(queue)
}

fn to_json(uuid: &str, answer: &Answer) -> serde_json::Value {
    match answer {
        Answer::Sent { queue, kept } => {
            json!({"uuid": uuid, "result": "sent", "queue": queue, "note": kept})
        }
        Answer::WouldSend { queue } => {
            json!({"uuid": uuid, "result": "would send", "queue": queue})
        }
        Answer::Refused(reason) => json!({"uuid": uuid, "result": "refused", "reason": reason}),
        Answer::NotFound => json!({"uuid": uuid, "result": "not found"}),
    }
}
