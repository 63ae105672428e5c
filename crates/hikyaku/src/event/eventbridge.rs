//! EventBridge events: from a rule's schedule, from a Scheduler's schedule, or a custom one.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use hikyaku_core::Delivery;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{EventError, Surroundings, trace};

/// An event whose detail keeps its exact text: a number may have more digits than any type of ours.
type Event = EventBridgeEvent<Box<RawValue>>;

/// The message of the job that the event is meant for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    uuid: &'a str,
    display_name: &'a str,
    job: &'a str,
    data: Box<RawValue>,
}

fn is_scheduled(event: &Event) -> bool {
    event.detail_type == "Scheduled Event"
        && (event.source == "aws.events" || event.source == "aws.scheduler")
}

/// EventBridge states whole seconds, in UTC.
fn time(event: &Event) -> String {
    let time = event.time.as_ref();
    time.map_or_else(String::new, |time| {
        time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    })
}

/// A schedule fires once for each of its times, however often that is delivered; any other event is itself.
fn identity(event: &Event, request_id: &str) -> String {
    let schedule = event.resources.iter().flatten().next();
    match (schedule, &event.id) {
        (Some(arn), _) if is_scheduled(event) => format!("{arn}@{}", time(event)),
        (_, Some(id)) if !id.is_empty() => id.clone(),
        _ => request_id.to_owned(),
    }
}

/// A delivery of the job that the event is meant for.
pub(super) fn read(payload: &str, surroundings: Surroundings<'_>) -> Result<Delivery, EventError> {
    let event: Event = serde_json::from_str(payload).map_err(|_| EventError::Unknown {
        received: "an EventBridge event that lacks a member or has one of a wrong type".to_owned(),
    })?;
    let job = job_for(&event.detail_type, surroundings.jobs)?;
    let id = identity(&event, surroundings.request_id);
    let data = if is_scheduled(&event) {
        serde_json::value::to_raw_value(&json!({ "scheduledTime": time(&event) }))?
    } else {
        event.detail
    };
    let body = serde_json::to_string(&Body {
        uuid: &id,
        display_name: job,
        job,
        data,
    })?;
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
fn job_for(detail_type: &str, jobs: &[&'static str]) -> Result<&'static str, EventError> {
    let named = jobs.iter().find(|name| **name == detail_type);
    match (named, jobs) {
        (Some(name), _) => Ok(name),
        (None, [only]) => Ok(only),
        _ => Err(EventError::NoJobForEvent {
            detail_type: detail_type.to_owned(),
        }),
    }
}
