//! `hikyaku pause` and `resume`: the event source mappings of a queue are disabled and enabled.
//!
//! AWS Lambda API reference, `ListEventSourceMappings` and `UpdateEventSourceMapping`.

use clap::Args;
use hikyaku::signed::SignedRequest;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::outcome::{OperatorError, Outcome};
use crate::output;
use crate::place::{List, Place, Reach};

/// Lambda gives a hundred a page.
const MAPPINGS: List = List {
    operation: "ListEventSourceMappings",
    path: "/2015-03-31/event-source-mappings/",
    member: "EventSourceMappings",
    what: "event source mappings",
};

/// Whether functions read a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reading {
    /// At least one does.
    Read,
    /// Some would, and are all told not to.
    Paused,
    /// Nothing is said to read it.
    NotRead,
}

impl Reading {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Paused => "paused",
            Self::NotRead => "not read",
        }
    }
}

/// The event source mappings of a place.
pub(super) struct Mappings(Vec<Json>);

impl Mappings {
    fn of_queue(&self, name: &str) -> impl Iterator<Item = &Json> {
        self.0.iter().filter(move |mapping| {
            let arn = mapping["EventSourceArn"].as_str().unwrap_or_default();
            arn.split(':').nth(2) == Some("sqs") && arn.rsplit(':').next() == Some(name)
        })
    }

    /// States that are on their way count as reached (AWS Lambda API reference, `EventSourceMappingConfiguration`).
    pub(super) fn reading(&self, queue: &str) -> Reading {
        let is_off = |mapping: &Json| {
            let state = mapping["State"].as_str().unwrap_or_default();
            ["Disabled", "Disabling"].contains(&state)
        };
        let mut of_queue = self.of_queue(queue).peekable();
        if of_queue.peek().is_none() {
            Reading::NotRead
        } else if of_queue.all(is_off) {
            Reading::Paused
        } else {
            Reading::Read
        }
    }
}

/// What `hikyaku pause` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    which: Which,
}

/// What `hikyaku resume` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Clone, Args)]
struct Which {
    /// Queues by their names or URLs
    #[arg(value_name = "QUEUE", required = true)]
    queues: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Pause {
    /// From then on nothing reads the queues. Messages wait; what is in flight ends.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.which.run(false)
    }
}

impl Resume {
    /// The queues are read again.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.which.run(true)
    }
}

impl Which {
    fn run(self, enabled: bool) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().switch(reach, enabled))
    }

    async fn switch(self, reach: Reach, enabled: bool) -> Result<Outcome, OperatorError> {
        let mut names = Vec::new();
        for queue in &self.queues {
            let url = reach.queue_url(queue).await?;
            names.push(url.rsplit('/').next().unwrap_or_default().to_owned());
        }
        let mappings = reach.mappings().await?;
        let mut answers = Vec::new();
        for name in &names {
            let before = answers.len();
            for mapping in mappings.of_queue(name) {
                answers.push(reach.switch_mapping(name, mapping, enabled).await?);
            }
            if answers.len() == before {
                answers.push(json!({"queue": name, "state": "no function reads it"}));
            }
        }
        if self.place.json {
            output::json(&answers);
        } else {
            for answer in &answers {
                say!("{}", line(answer));
            }
        }
        Ok(Outcome::of(
            answers.iter().all(|answer| answer["function"].is_string()),
        ))
    }
}

fn line(answer: &Json) -> String {
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    match answer["function"].as_str() {
        Some(function) => format!("{} -> {function}: {}", text("queue"), text("state")),
        None => format!("{}: {}", text("queue"), text("state")),
    }
}

impl Reach {
    /// All of them. One request for a hundred.
    pub(super) async fn mappings(&self) -> Result<Mappings, OperatorError> {
        self.lambda_list(&MAPPINGS).await.map(Mappings)
    }

    async fn switch_mapping(
        &self,
        queue: &str,
        mapping: &Json,
        enabled: bool,
    ) -> Result<Json, OperatorError> {
        let uuid = mapping["UUID"].as_str().unwrap_or_default();
        let request = SignedRequest {
            operation: "UpdateEventSourceMapping".to_owned(),
            method: "PUT",
            path: format!("/2015-03-31/event-source-mappings/{uuid}"),
            headers: vec![("content-type", "application/json".to_owned())],
            body: json!({"Enabled": enabled}).to_string().into_bytes(),
        };
        let answer = self.ask("lambda", request).await.map_err(|error| {
            let doing = format!("switching mapping {uuid} of queue `{queue}`");
            let next = "its state may be changing: wait a minute and say it again; may these keys do \
                        lambda:UpdateEventSourceMapping?";
            OperatorError::asking(doing, next, error)
        })?;
        let function = mapping["FunctionArn"].as_str().unwrap_or_default();
        Ok(json!({
            "queue": queue,
            "function": function.rsplit(':').next().unwrap_or_default(),
            "mapping": uuid,
            "state": answer["State"].as_str().unwrap_or_default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_paused_when_every_function_is_told_not_to_read_it() {
        let mapping = |queue: &str, state: &str| json!({ "EventSourceArn": format!("arn:aws:sqs:r:1:{queue}"), "State": state });
        let mappings = Mappings(vec![
            mapping("on", "Enabled"),
            mapping("off", "Disabled"),
            mapping("both", "Disabling"),
            mapping("both", "Enabling"),
            mapping("new", "Creating"),
            json!({ "EventSourceArn": "arn:aws:kinesis:r:1:off-too", "State": "Disabled" }),
        ]);
        for (queue, reading) in [
            ("on", Reading::Read),
            ("off", Reading::Paused),
            ("both", Reading::Read),
            ("new", Reading::Read),
            ("off-too", Reading::NotRead),
            ("of", Reading::NotRead),
        ] {
            assert_eq!(mappings.reading(queue), reading, "{queue}");
        }
    }
}
