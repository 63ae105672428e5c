//! Spans over OTLP: the function `observed` on the local cloud, and a receiver that reads what it sends.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use hikyaku_local::sqs::{QueueName, Sqs};
use tokio::task::JoinSet;

use super::observed::{Observatory, PARENT, ROOT, is, job, saying, terms};

/// One span, as far as a test looks at it. Ids are in hexadecimal.
#[derive(Debug, Clone, Default)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    events: Vec<String>,
    linked: Vec<String>,
    error: String,
}

/// The members of a protobuf message that are texts, bytes or messages, with their numbers.
fn members(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut members = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let length = match tag & 7 {
            0 => {
                varint(&mut bytes);
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (member, rest) = bytes.split_at(length);
        bytes = rest;
        if tag & 7 == 2 {
            members.push((tag >> 3, member));
        }
    }
    members
}

fn within(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let all = members(bytes).into_iter();
    all.filter(|(found, _)| *found == number)
        .map(|(_, member)| member)
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The spans of a request (opentelemetry-proto, `collector/trace/v1/trace_service.proto` and `trace/v1/trace.proto`).
fn spans(request: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in within(request, 1) {
        for scope in within(resource, 2) {
            spans.extend(within(scope, 2).into_iter().map(span));
        }
    }
    spans
}

fn span(bytes: &[u8]) -> Span {
    let mut span = Span::default();
    for (number, member) in members(bytes) {
        match number {
            1 => span.trace = hex(member),
            2 => span.id = hex(member),
            4 => span.parent = hex(member),
            5 => span.name = text(member),
            11 => span.events.extend(within(member, 2).into_iter().map(text)),
            13 => span.linked.extend(within(member, 2).into_iter().map(hex)),
            15 => span.error = within(member, 2).into_iter().map(text).collect(),
            _ => {}
        }
    }
    span
}

type Taken = (Vec<Span>, usize);

/// What came: the spans of each request, and how many messages were in flight when it did.
#[derive(Clone, Default)]
struct Receiver {
    requests: Arc<Mutex<Vec<Taken>>>,
    queue: Arc<OnceLock<(Sqs, QueueName)>>,
}

impl Receiver {
    /// Serves on a free port for as long as the set is kept, and answers where that is.
    async fn open(&self, services: &mut JoinSet<()>) -> String {
        let receiver = self.clone();
        let take = move |body: Bytes| {
            let receiver = receiver.clone();
            async move {
                let (sqs, queue) = receiver.queue.get().unwrap();
                let in_flight = sqs.counts(queue).unwrap().not_visible;
                let mut requests = receiver.requests.lock().unwrap();
                requests.push((spans(&body), in_flight));
            }
        };
        let router = Router::new().route("/v1/traces", post(take));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        services.spawn(async move { axum::serve(listener, router).await.unwrap() });
        endpoint
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spans_of_an_invocation_are_sent_before_it_is_answered_in_the_trace_of_its_message() {
    let receiver = Receiver::default();
    let mut services = JoinSet::new();
    let endpoint = receiver.open(&mut services).await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let sky = Observatory::told(&[terms("spans", "INFO", "off")], &variables).await;
    let queue = sky.cloud.sqs().queue_by_name("spans").unwrap();
    assert!(receiver.queue.set((sky.cloud.sqs().clone(), queue)).is_ok());
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1");
    sky.send("spans", &job("s-1", "succeed"), Some(&header));
    sky.drain("spans").await;
    sky.send("spans", &job("s-2", "fail"), None);
    sky.drain("spans").await;
    let requests = receiver.requests.lock().unwrap().clone();
    let [(done, in_flight), (failed, _)] = &requests[..] else {
        panic!("not two requests: {requests:#?}")
    };
    assert_eq!(*in_flight, 1, "it was sent while the message was in flight");

    let [invocation, job] = &done[..] else {
        panic!("not two spans: {done:#?}")
    };
    assert_eq!(invocation.name, "invoke spans");
    assert_eq!(job.name, "process observed");
    // X-Ray's root without its version and hyphens.
    assert_eq!(job.trace, "5e3d83c1e6a0db584850d61342823d4c");
    assert_eq!(job.events, ["decoded", "claimed", "ran"]);
    // The local cloud invokes in the trace of a batch's first message.
    assert_eq!(invocation.trace, job.trace);
    assert_eq!(job.parent, invocation.id);
    assert_eq!((job.error.as_str(), job.linked.len()), ("", 0));

    let [invocation, job] = &failed[..] else {
        panic!("not two spans: {failed:#?}")
    };
    assert_eq!(job.trace, invocation.trace, "it has none of its own");
    assert_eq!(job.parent, invocation.id);
    assert_eq!(job.error, "the address does not exist");
    drop(requests);
    sky.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_not_there_costs_a_warning_and_no_job() {
    // Nobody listens there, and nobody is given it by chance: a port below 1024.
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let sky = Observatory::told(&[terms("unheard", "INFO", "off")], &variables).await;
    sky.send("unheard", &job("u-1", "succeed"), None);
    sky.drain("unheard").await;
    let warning = "the invocation's spans were not sent";
    let lines = sky.lines("unheard", 1, is(warning)).await;
    let lost = saying(&lines, warning);
    assert_eq!(lost.len(), 1, "{lines:#?}");
    assert_eq!(lost[0]["level"], "WARN");
    assert_eq!(saying(&lines, "job `observed` done").len(), 1);
    sky.cloud.stop().await;
}
