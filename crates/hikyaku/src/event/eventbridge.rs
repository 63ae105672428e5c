//! EventBridge events: from a rule's schedule, from a Scheduler's schedule, or a custom one.

use hikyaku_core::Delivery;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{EventError, Surroundings, trace};

/// An event's envelope (Amazon EventBridge user guide, "Events in Amazon EventBridge").
#[derive(Deserialize)]
struct EventBridgeEvent<'a> {
    #[serde(default)]
    id: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

impl EventBridgeEvent<'_> {
    fn is_scheduled(&self) -> bool {
        self.detail_type == "Scheduled Event"
            && (self.source == "aws.events" || self.source == "aws.scheduler")
    }

    /// A schedule fires once for each of its times, however often that is delivered; any other event is itself.
    fn identity(&self, request_id: &str) -> String {
        match self.resources.first() {
            Some(arn) if self.is_scheduled() => format!("{arn}@{}", self.time),
            _ if !self.id.is_empty() => self.id.clone(),
            _ => request_id.to_owned(),
        }
    }

    /// What the job gets: when it was due, or the event's detail.
    fn data(&self) -> Value {
        if self.is_scheduled() {
            return json!({ "scheduledTime": self.time });
        }
        self.detail
            .and_then(|detail| serde_json::from_str(detail.get()).ok())
            .unwrap_or(Value::Null)
    }
}

/// A delivery of the job that the event is meant for.
pub(super) fn read(payload: &str, surroundings: Surroundings<'_>) -> Result<Delivery, EventError> {
    let event: EventBridgeEvent<'_> =
        serde_json::from_str(payload).map_err(|_| EventError::Unknown {
            received: "an EventBridge event with members of a wrong type".to_owned(),
        })?;
    let job = job_for(&event, surroundings.jobs)?;
    let id = event.identity(surroundings.request_id);
    let body =
        json!({ "uuid": id, "displayName": job, "job": job, "data": event.data() }).to_string();
    Ok(Delivery {
        message_id: id,
        body,
        receive_count: 1,
        group: None,
        queue: surroundings.queue_url.unwrap_or_default().to_owned(),
        dead_letter: None,
        sent: None,
        trace: trace::of(None, surroundings.trace),
        receipt: None,
    })
}

/// The job named like the event, or the only one there is.
fn job_for(
    event: &EventBridgeEvent<'_>,
    jobs: &[&'static str],
) -> Result<&'static str, EventError> {
    let named = jobs.iter().find(|name| **name == event.detail_type);
    match (named, jobs) {
        (Some(name), _) => Ok(name),
        (None, [only]) => Ok(only),
        _ => Err(EventError::NoJobForEvent {
            detail_type: event.detail_type.clone(),
        }),
    }
}
