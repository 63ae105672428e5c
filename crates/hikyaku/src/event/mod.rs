//! What Lambda was invoked with: an SQS event, an EventBridge event, or a job itself.
//!
//! Each becomes deliveries, which all go the same way.

mod direct;
mod eventbridge;
mod records;
mod trace;

use aws_lambda_events::event::sqs::SqsMessage;
use hikyaku_core::{Delivery, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What is known of an invocation besides its payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Lambda's id of the invocation: the same for every retry that Lambda makes of it.
    pub(crate) request_id: &'a str,
    /// The invocation's X-Ray header.
    pub(crate) trace: Option<&'a str>,
    pub(crate) now: Timestamp,
    /// Where queues are, when they are not at AWS's own address.
    pub(crate) sqs_endpoint: Option<&'a str>,
    /// The queue to hand jobs over to that came from none.
    pub(crate) queue_url: Option<&'a str>,
    /// The names of the registered jobs.
    pub(crate) jobs: &'a [&'static str],
}

/// An invocation's deliveries, and how it is answered.
#[derive(Debug)]
pub(crate) enum Event {
    /// Messages of a queue; answered with those that must come again.
    Queue(Vec<Delivery>),
    /// One job; answered with what came of it.
    Single(Box<Delivery>),
}

/// A payload that is none of what a function accepts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// It is none of the known kinds.
    #[error(
        "the event is {received}; accepted are an SQS event (`Records` with `eventSource` `aws:sqs`), an EventBridge \
         event (`detail-type`), and a job (`{{\"job\": …, \"data\": …}}`)"
    )]
    Unknown {
        /// What it looks like.
        received: String,
    },
    /// It is an SQS event, but one of its records lacks what Lambda always sends.
    #[error("record {index} of the SQS event has no `{member}`")]
    Record {
        /// Its position, from 0.
        index: usize,
        /// What is missing.
        member: &'static str,
    },
    /// It is an EventBridge event, and no job says that it is meant.
    #[error(
        "the EventBridge event `{detail_type}` names no job of this function: register a job of that name, register \
         only one job, or give the schedule or rule an Input of the form {{\"job\": …, \"data\": …}}"
    )]
    NoJobForEvent {
        /// The event's detail-type.
        detail_type: String,
    },
    /// The job's message could not be put together.
    #[error("writing the job's message")]
    Message(#[from] serde_json::Error),
}

/// Any event: SQS's records, which are most of all invocations, and of the others just enough to tell their kind.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "Records")]
    records: Option<Vec<SqsMessage>>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    job: Option<&'a RawValue>,
}

/// Tells the event's kind and makes its deliveries.
pub(crate) fn read(payload: &str, surroundings: Surroundings<'_>) -> Result<Event, EventError> {
    let outline: Outline<'_> = serde_json::from_str(payload).map_err(|_| unknown(payload))?;
    if let Some(records) = outline.records {
        return records::read(records, surroundings).map(Event::Queue);
    }
    if outline.detail_type.is_some() {
        let delivery = eventbridge::read(payload, surroundings)?;
        return Ok(Event::Single(Box::new(delivery)));
    }
    if outline.job.is_some() {
        return Ok(Event::Single(Box::new(direct::read(payload, surroundings))));
    }
    Err(unknown(payload))
}

/// Describes what was received by its shape, never by its contents.
fn unknown(payload: &str) -> EventError {
    let received = match serde_json::from_str::<serde_json::Value>(payload) {
        Ok(serde_json::Value::Object(members)) if members.is_empty() => {
            "an empty object".to_owned()
        }
        Ok(serde_json::Value::Object(members)) => {
            let names: Vec<_> = members
                .keys()
                .take(8)
                .map(|name| format!("`{name}`"))
                .collect();
            format!("an object with {}", names.join(", "))
        }
        Ok(serde_json::Value::Array(_)) => "an array".to_owned(),
        Ok(serde_json::Value::String(_)) => "a string".to_owned(),
        Ok(serde_json::Value::Number(_)) => "a number".to_owned(),
        Ok(serde_json::Value::Bool(_)) => "a boolean".to_owned(),
        Ok(serde_json::Value::Null) => "null".to_owned(),
        Err(_) => "not JSON".to_owned(),
    };
    EventError::Unknown { received }
}

#[cfg(test)]
mod tests;
