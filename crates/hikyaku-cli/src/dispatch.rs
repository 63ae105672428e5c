//! `hikyaku dispatch`: one job is sent, as an application would send it.

use std::io::Read as _;
use std::time::Duration;

use clap::{ArgGroup, Args};
use hikyaku::dispatch::{Message, QueueClient};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::outcome::{OperatorError, Outcome};
use crate::output;
use crate::place::{Place, Reach};
use crate::time;

/// What `hikyaku dispatch` takes.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("payload").args(["data", "file", "event"])))]
pub(crate) struct Dispatch {
    /// The job's name, as its function registers it
    #[arg(required_unless_present = "event", conflicts_with = "event")]
    job: Option<String>,
    /// Its fields, as JSON; without them, none
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// A file with its fields; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// A file with job and fields, {"job": "…", "data": {…}}, instead of both; - is standard input
    #[arg(long, value_name = "FILE")]
    event: Option<String>,
    /// The queue, by its name or URL; else the one that `HIKYAKU_QUEUE_URL` or `SQS_QUEUE` names
    #[arg(long, value_name = "QUEUE")]
    queue: Option<String>,
    /// Held back for this long, up to 15m
    #[arg(long, value_name = "TIME", value_parser = time::wait)]
    delay: Option<Duration>,
    /// Its message group: what a FIFO queue keeps in order, and a standard one shares out fairly
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Its identity; a job is done once under one uuid, however often it is sent
    #[arg(long, value_name = "UUID")]
    uuid: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// A job and its fields. What else a message may say is said in words here, and is not to be dropped in silence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    job: String,
    data: Box<RawValue>,
    uuid: Option<String>,
}

impl Dispatch {
    /// Sends the job and prints its uuid.
    pub(crate) fn run(mut self) -> Result<Outcome, OperatorError> {
        let event = self.event()?;
        self.uuid = self.uuid.take().or(event.uuid.clone());
        self.place.run(|reach| self.clone().send(reach, event))
    }

    /// What is to be sent.
    fn event(&self) -> Result<Event, OperatorError> {
        let Some(file) = &self.event else {
            let job = self.job.clone().unwrap_or_default();
            let data = self.data(&job)?;
            return Ok(Event {
                job,
                data,
                uuid: None,
            });
        };
        serde_json::from_str(&read(file)?).map_err(|error| {
            OperatorError::Given(format!(
                "{file} is not an event that can be sent: {error} (it is {{\"job\": \"…\", \"data\": {{…}}}}, with a \"uuid\" if it has one)"
            ))
        })
    }

    fn data(&self, job: &str) -> Result<Box<RawValue>, OperatorError> {
        let text = match (&self.data, &self.file) {
            (Some(data), _) => data.clone(),
            (None, Some(file)) => read(file)?,
            (None, None) => "{}".to_owned(),
        };
        serde_json::from_str(&text).map_err(|error| {
            OperatorError::Given(format!(
                "the fields of job `{job}` are not JSON: {error} (give an object, such as --data '{{\"id\": 7}}')"
            ))
        })
    }

    async fn send(self, reach: Reach, event: Event) -> Result<Outcome, OperatorError> {
        let job = event.job;
        let queue = self.queue.clone().or_else(|| reach.default_queue());
        let Some(queue) = queue else {
            return Err(OperatorError::Given(format!(
                "job `{job}` has no queue to go to: say --queue QUEUE (`hikyaku monitor` lists them)"
            )));
        };
        let url = reach.queue_url(&queue).await?;
        let mut message = Message::string_job(&job, &event.data);
        if let Some(delay) = self.delay {
            message = message.delay(delay);
        }
        if let Some(group) = &self.group {
            message = message.group(group);
        }
        if let Some(uuid) = &self.uuid {
            message = message.uuid(uuid);
        }
        let client = QueueClient::with_client(reach.sqs.clone(), &url);
        let uuid = client.dispatch(message).await.map_err(|error| {
            let doing = format!("sending job `{job}` to `{queue}` of {}", reach.name());
            OperatorError::asking(
                doing,
                "nothing was sent: correct this and send it again",
                error,
            )
        })?;
        if self.place.json {
            output::json(&json!({"uuid": uuid, "job": job, "queue": url}));
        } else {
            say!("{}", uuid);
        }
        Ok(Outcome::Done)
    }
}

impl Reach {
    /// The queue that the environment names.
    fn default_queue(&self) -> Option<String> {
        let url = self.config.queue_url.clone();
        url.or_else(|| self.config.queues.default.clone())
    }
}

fn read(file: &str) -> Result<String, OperatorError> {
    let read = if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    read.map_err(|source| OperatorError::File {
        file: file.to_owned(),
        source,
    })
}
