//! What an invocation was, as spans: itself, and each job of it in the trace of its message.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hikyaku_core::{Delivery, Outcome, Report, Timestamp};
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::Invoked;
use super::header::{Parent, parent};

/// One for the invocation, and one for each delivery.
pub(super) fn of(
    invoked: &Invoked<'_>,
    deliveries: &[Delivery],
    reports: &[Report],
) -> Vec<SpanData> {
    let invocation = of_invocation(invoked, deliveries.len());
    let context = invocation.span_context.clone();
    let mut spans = vec![invocation];
    let pairs = deliveries.iter().zip(reports);
    spans.extend(pairs.map(|(delivery, report)| of_job(invoked, &context, delivery, report)));
    spans
}

fn of_invocation(invoked: &Invoked<'_>, messages: usize) -> SpanData {
    let caller = invoked.trace.and_then(parent);
    SpanData {
        name: format!("invoke {}", invoked.function).into(),
        attributes: vec![
            KeyValue::new("faas.invocation_id", invoked.request_id.to_owned()),
            KeyValue::new(
                "messaging.batch.message_count",
                i64::try_from(messages).unwrap_or(i64::MAX),
            ),
        ],
        start_time: moment(invoked.invocation.started),
        end_time: moment(invoked.ended),
        ..below(caller)
    }
}

/// Below whatever sent the message. In a trace of its own it is linked to the invocation; else it is a part of it.
fn of_job(
    invoked: &Invoked<'_>,
    invocation: &SpanContext,
    delivery: &Delivery,
    report: &Report,
) -> SpanData {
    let sender = delivery.trace.as_deref().and_then(parent);
    let elsewhere = sender.filter(|sender| sender.trace != invocation.trace_id());
    let mut links = SpanLinks::default();
    if elsewhere.is_some() {
        links.links.push(Link::with_context(invocation.clone()));
    }
    let inside = Parent {
        trace: invocation.trace_id(),
        span: invocation.span_id(),
    };
    let stages = &report.stages;
    SpanData {
        name: format!("process {}", report.job.as_deref().unwrap_or("unknown")).into(),
        parent_span_is_remote: elsewhere.is_some(),
        attributes: attributes(delivery, report),
        start_time: moment(stages.began.unwrap_or(invoked.invocation.started)),
        end_time: moment(stages.settled.unwrap_or(invoked.ended)),
        events: events(report),
        links,
        status: status(report),
        ..below(Some(elsewhere.unwrap_or(inside)))
    }
}

fn attributes(delivery: &Delivery, report: &Report) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("messaging.system", "aws_sqs"),
        KeyValue::new("messaging.operation.type", "process"),
        KeyValue::new("messaging.message.id", report.message_id.clone()),
        KeyValue::new("job.id", report.id.clone()),
        KeyValue::new("job.attempt", i64::from(report.attempt)),
        KeyValue::new("outcome", report.outcome.word()),
    ];
    if let Some(name) = &report.job {
        attributes.push(KeyValue::new("job.name", name.clone()));
    }
    if let Some(side) = report.side {
        attributes.push(KeyValue::new("side", side.word()));
    }
    if let Some(queue) = delivery
        .queue
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
    {
        attributes.push(KeyValue::new(
            "messaging.destination.name",
            queue.to_owned(),
        ));
    }
    attributes
}

/// The stages, each where it was over.
fn events(report: &Report) -> SpanEvents {
    let stages = &report.stages;
    let over = [
        ("decoded", stages.decoded),
        ("claimed", stages.claimed),
        ("ran", stages.ran),
    ];
    let mut events = SpanEvents::default();
    events.events = over
        .into_iter()
        .filter_map(|(name, at)| Some(Event::new(name, moment(at?), Vec::new(), 0)))
        .collect();
    events
}

fn status(report: &Report) -> Status {
    match report.outcome {
        _ if report.went_wrong() => Status::error(report.error.clone().unwrap_or_default()),
        Outcome::Done => Status::Ok,
        _ => Status::Unset,
    }
}

/// A span of a consumer, without anything in it yet. All are sampled: which are kept is the receiver's to say.
fn below(parent: Option<Parent>) -> SpanData {
    let trace = parent.map_or_else(
        || TraceId::from_bytes(fastrand::u128(1..).to_be_bytes()),
        |parent| parent.trace,
    );
    SpanData {
        span_context: SpanContext::new(
            trace,
            SpanId::from_bytes(fastrand::u64(1..).to_be_bytes()),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: parent.map_or(SpanId::INVALID, |parent| parent.span),
        parent_span_is_remote: parent.is_some(),
        span_kind: SpanKind::Consumer,
        name: "".into(),
        start_time: UNIX_EPOCH,
        end_time: UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("hikyaku")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    }
}

fn moment(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(at.as_millis())
}

#[cfg(test)]
mod tests {
    use hikyaku_core::{Invocation, Stages, Verdict};

    use super::*;

    const SENDER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8";

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + seconds)
    }

    fn delivery(trace: Option<&str>) -> Delivery {
        Delivery {
            message_id: "m-1".to_owned(),
            body: "{\"secret\":1}".to_owned(),
            receive_count: 1,
            group: None,
            queue: "https://sqs.test/0/jobs".to_owned(),
            dead_letter: None,
            sent: None,
            trace: trace.map(str::to_owned),
            receipt: None,
        }
    }

    fn report(outcome: Outcome) -> Report {
        Report {
            message_id: "m-1".to_owned(),
            id: "j-1".to_owned(),
            job: Some("send-invoice".to_owned()),
            attempt: 1,
            side: None,
            outcome,
            verdict: Verdict::Delete,
            error: Some("no route".to_owned()),
            output: None,
            duration: Duration::from_secs(3),
            stages: Stages {
                began: Some(second(1)),
                decoded: Some(second(1)),
                claimed: Some(second(2)),
                ran: Some(second(4)),
                settled: Some(second(5)),
            },
        }
    }

    /// The spans of an invocation with one message.
    fn pair(invoked_in: Option<&str>, sent_in: Option<&str>, outcome: Outcome) -> [SpanData; 2] {
        let invoked = Invoked {
            function: "jobs",
            request_id: "r-1",
            trace: invoked_in,
            invocation: Invocation {
                started: second(0),
                deadline: None,
            },
            ended: second(6),
        };
        let spans = of(&invoked, &[delivery(sent_in)], &[report(outcome)]);
        spans.try_into().unwrap()
    }

    #[test]
    fn a_job_is_in_the_trace_of_its_sender_and_linked_to_its_invocation() {
        let own = "Root=1-6b083522-cb83ded4f1aff116f5671ac0;Parent=12428bdbeaf9315a";
        let [invocation, job] = pair(Some(own), Some(SENDER), Outcome::Done);
        assert_eq!(invocation.parent_span_id.to_string(), "12428bdbeaf9315a");
        let trace = job.span_context.trace_id().to_string();
        assert_eq!(trace, "5759e988bd862e3fe1be46a994272793");
        assert_eq!(job.parent_span_id.to_string(), "53995c3f42cd8ad8");
        assert!(job.parent_span_is_remote);
        assert_eq!(
            job.links.links,
            [Link::with_context(invocation.span_context)]
        );
    }

    #[test]
    fn a_job_without_a_trace_of_its_own_is_a_part_of_its_invocation() {
        for (invoked_in, sent_in) in [
            (None, None),
            (Some(SENDER), Some(SENDER)),
            (Some(SENDER), None),
        ] {
            let [invocation, job] = pair(invoked_in, sent_in, Outcome::Done);
            assert_eq!(
                job.span_context.trace_id(),
                invocation.span_context.trace_id()
            );
            assert_eq!(job.parent_span_id, invocation.span_context.span_id());
            assert!(job.links.links.is_empty());
        }
    }

    #[test]
    fn a_jobs_span_lasts_from_its_turn_to_its_being_settled() {
        let [invocation, job] = pair(None, None, Outcome::Done);
        assert_eq!(invocation.start_time, moment(second(0)));
        assert_eq!(invocation.end_time, moment(second(6)));
        assert_eq!(
            (job.start_time, job.end_time),
            (moment(second(1)), moment(second(5)))
        );
        let events = job.events.events.iter();
        let events: Vec<_> = events
            .map(|event| (&*event.name, event.timestamp))
            .collect();
        let expected = [("decoded", 1), ("claimed", 2), ("ran", 4)];
        assert_eq!(
            events,
            expected.map(|(name, at)| (name, moment(second(at))))
        );
    }

    #[test]
    fn only_a_job_that_failed_has_an_error() {
        let status = |outcome| pair(None, None, outcome)[1].status.clone();
        assert_eq!(status(Outcome::Done), Status::Ok);
        assert_eq!(status(Outcome::Held), Status::Unset);
        for failed in [Outcome::Released, Outcome::Buried] {
            assert_eq!(status(failed), Status::error("no route"));
        }
    }

    #[test]
    fn no_span_has_anything_of_the_payload() {
        let spans = pair(None, None, Outcome::Buried);
        assert!(!format!("{spans:?}").contains("secret"));
    }
}
