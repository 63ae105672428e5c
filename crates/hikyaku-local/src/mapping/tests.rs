//! Mappings on the real SQS engine and a function that is a closure, on a clock that does not wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::*;
use crate::clock::{Clock as _, TokioClock};
use crate::event::{Event, Events};
use crate::lambda::trace::{MAX_HOPS, Trace};
use crate::lambda::{
    Answer, FailureCause, FunctionError, Invocation, Invoke, InvokeError, function,
};
use crate::lock::Lock;
use crate::sqs::{Identity, MessageAttribute, QueueName, SendRequest, Sqs};
use crate::tasks::Tasks;
use crate::template::{Mapping, RecursiveLoop};

type Answers =
    Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Result<Value, ()>, ()>> + Send + Sync>;

/// A function that remembers what it got.
struct Fake {
    clock: TokioClock,
    calls: Lock<Vec<(u64, Value)>>,
    running: Lock<(usize, usize)>,
    traces: Lock<Vec<Option<Trace>>>,
    answers: Answers,
}

impl Invoke for Fake {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Answer, InvokeError>> {
        Box::pin(async move {
            let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
            self.calls.lock().push((self.clock.now_ms(), event.clone()));
            self.traces.lock().push(invocation.trace);
            {
                let mut running = self.running.lock();
                running.0 += 1;
                running.1 = running.1.max(running.0);
            }
            let answer = (self.answers)(event).await;
            self.running.lock().0 -= 1;
            let error = || FunctionError::of(FailureCause::Reported, "Odd", "no");
            let result = match answer {
                Err(()) => {
                    return Err(InvokeError::Throttled {
                        function: "f".to_owned(),
                        limit: 1,
                    });
                }
                Ok(Err(())) => Err(error()),
                Ok(Ok(Value::String(raw))) => Ok(Bytes::from(raw)),
                Ok(Ok(value)) => Ok(Bytes::from(value.to_string())),
            };
            Ok(Answer {
                request_id: "id".to_owned(),
                result,
                log_tail: Vec::new(),
            })
        })
    }
}

struct Stage {
    sqs: Sqs,
    queue: QueueName,
    fake: Arc<Fake>,
    events: Events,
    source: Source,
}

impl Stage {
    /// A queue (visibility 30 s, dead letters after 3 receives) that feeds a function.
    fn new<F>(queue: &str, answer: impl Fn(Value) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Result<Value, ()>, ()>> + Send + 'static,
    {
        let clock = TokioClock::starting_at(1_700_000_000_000);
        let sqs = Sqs::new(Arc::new(clock.clone()), Identity::default());
        let fifo = QueueName::new(queue).unwrap().is_fifo();
        let kind: BTreeMap<_, _> = fifo
            .then(|| ("FifoQueue".to_owned(), "true".to_owned()))
            .into_iter()
            .collect();
        let dead = sqs.create_queue(&format!("dead-{queue}"), &kind).unwrap();
        let policy =
            json!({ "deadLetterTargetArn": sqs.identity().arn(&dead), "maxReceiveCount": 3 });
        let mut attributes = kind;
        attributes.insert("RedrivePolicy".to_owned(), policy.to_string());
        let queue = sqs.create_queue(queue, &attributes).unwrap();
        let answers: Answers = Arc::new(move |event| Box::pin(answer(event)));
        let (calls, traces, running) = (Lock::default(), Lock::default(), Lock::default());
        let fake = Arc::new(Fake {
            clock: clock.clone(),
            calls,
            running,
            traces,
            answers,
        });
        let events = Events::default();
        let source = Source {
            settings: settings(),
            queue: queue.clone(),
            queue_arn: sqs.identity().arn(&queue),
            function: function::tests::function("f"),
            room: None,
            sqs: sqs.clone(),
            invoke: Arc::clone(&fake) as Arc<dyn Invoke>,
            clock: Arc::new(clock),
            events: events.clone(),
        };
        Self {
            sqs,
            queue,
            fake,
            events,
            source,
        }
    }

    fn set(mut self, change: impl FnOnce(&mut Mapping)) -> Self {
        change(&mut self.source.settings);
        self
    }

    fn send(&self, body: &str) {
        self.sqs
            .send(SendRequest::new(self.queue.clone(), body))
            .unwrap();
    }

    fn send_in_group(&self, group: &str, body: &str) {
        let mut request = SendRequest::new(self.queue.clone(), body);
        request.message_group_id = Some(group.to_owned());
        request.message_deduplication_id = Some(body.to_owned());
        self.sqs.send(request).unwrap();
    }

    /// Lets the mapping run for so long. Returns what happened.
    async fn run(&self, seconds: u64) -> Vec<Event> {
        let (tasks, mut seen) = (Tasks::new(), self.events.watch());
        tasks.spawn(Poller::new(self.source.clone()).run(tasks.clone()));
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        tasks.stop(Duration::from_secs(1)).await;
        std::iter::from_fn(|| seen.try_recv().ok()).collect()
    }

    /// The bodies of each invocation.
    fn batches(&self) -> Vec<Vec<String>> {
        self.fake
            .calls
            .lock()
            .iter()
            .map(|(_, event)| bodies(event))
            .collect()
    }

    fn left(&self) -> usize {
        let counts = self.sqs.counts(&self.queue).unwrap();
        counts.visible + counts.not_visible
    }

    fn dead(&self) -> usize {
        let dead = QueueName::new(&format!("dead-{}", self.queue)).unwrap();
        self.sqs.counts(&dead).unwrap().visible
    }
}

fn settings() -> Mapping {
    Mapping {
        logical_id: "f.Jobs".to_owned(),
        line: 1,
        queue: "jobs".to_owned(),
        function: "f".to_owned(),
        batch_size: 10,
        window: Duration::ZERO,
        maximum_concurrency: None,
        report_batch_item_failures: true,
        enabled: true,
    }
}

fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records
        .iter()
        .map(|record| record["body"].as_str().unwrap().to_owned())
        .collect()
}

fn ids_of(event: &Value, wanted: &str) -> Vec<Value> {
    let records = event["Records"].as_array().unwrap().iter();
    records
        .filter(|record| record["body"] == wanted)
        .map(|record| json!({ "itemIdentifier": record["messageId"] }))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_record_has_all_that_lambda_puts_in() {
    let stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) });
    let mut request = SendRequest::new(stage.queue.clone(), "{\"a\":\"é\"}");
    request
        .attributes
        .insert("kind".to_owned(), MessageAttribute::string("csv"));
    request
        .attributes
        .insert("raw".to_owned(), MessageAttribute::binary([1, 2]));
    stage.sqs.send(request).unwrap();
    stage.run(1).await;
    let calls = stage.fake.calls.lock();
    let record = &calls[0].1["Records"][0];
    assert_eq!(record["body"], "{\"a\":\"é\"}");
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:us-east-1:000000000000:jobs"
    );
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(record["attributes"]["SentTimestamp"], "1700000000000");
    let text = json!({ "stringValue": "csv", "stringListValues": [], "binaryListValues": [], "dataType": "String" });
    assert_eq!(record["messageAttributes"]["kind"], text);
    assert_eq!(record["messageAttributes"]["raw"]["binaryValue"], "AQI=");
    for key in [
        "messageId",
        "receiptHandle",
        "md5OfBody",
        "md5OfMessageAttributes",
    ] {
        assert!(record[key].is_string(), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_deletes_the_batch() {
    let stage = Stage::new("jobs", |_| async {
        Ok(Ok(json!({ "batchItemFailures": [] })))
    });
    for body in ["a", "b", "c"] {
        stage.send(body);
    }
    let events = stage.run(1).await;
    assert_eq!(stage.batches(), [["a", "b", "c"]]);
    assert_eq!(stage.left(), 0);
    assert!(matches!(
        events[..],
        [
            Event::BatchInvoked { .. },
            Event::BatchSettled {
                deleted: 3,
                returned: 0,
                ..
            }
        ]
    ));
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_comes_back_and_then_goes_to_the_dead_letter_queue() {
    let stage = Stage::new("jobs", |event| async move {
        Ok(Ok(json!({ "batchItemFailures": ids_of(&event, "bad") })))
    });
    stage.send("good");
    stage.send("bad");
    stage.run(100).await;
    assert_eq!(
        stage.batches(),
        [vec!["good", "bad"], vec!["bad"], vec!["bad"]]
    );
    let times: Vec<_> = stage
        .fake
        .calls
        .lock()
        .iter()
        .map(|(at_ms, _)| at_ms - 1_700_000_000_000)
        .collect();
    assert_eq!(times, [0, 30_000, 60_000], "after the visibility timeout");
    assert_eq!((stage.left(), stage.dead()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_to_the_letter_fails_the_batch() {
    for response in [
        json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
        json!("nonsense"),
    ] {
        let stage = Stage::new("jobs", move |_| {
            let response = response.clone();
            async move { Ok(Ok(response)) }
        });
        stage.send("a");
        let events = stage.run(1).await;
        assert_eq!(stage.left(), 1);
        assert!(matches!(events[1], Event::BatchFailed { messages: 1, .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_setting_responses_are_ignored_and_errors_fail_the_batch() {
    let nonsense = || async {
        Ok(Ok(
            json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
        ))
    };
    let stage = Stage::new("jobs", move |_| nonsense())
        .set(|settings| settings.report_batch_item_failures = false);
    stage.send("a");
    stage.run(1).await;
    assert_eq!(stage.left(), 0);

    let stage = Stage::new("jobs", |_| async { Ok(Err(())) });
    stage.send("a");
    stage.run(1).await;
    assert_eq!(stage.left(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_window_waits_for_a_full_batch_and_no_longer() {
    let stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) }).set(|settings| {
        settings.window = Duration::from_secs(5);
        settings.batch_size = 3;
    });
    stage.send("a");
    let sends = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stage.send("b");
        tokio::time::sleep(Duration::from_secs(8)).await;
        for body in ["c", "d", "e", "f"] {
            stage.send(body);
        }
    };
    tokio::join!(stage.run(30), sends);
    let calls = stage.fake.calls.lock();
    let calls: Vec<_> = calls
        .iter()
        .map(|(at_ms, event)| (at_ms - 1_700_000_000_000, bodies(event).concat()))
        .collect();
    let expected =
        [(5_000, "ab"), (10_000, "cde"), (15_000, "f")].map(|(at, bodies)| (at, bodies.to_owned()));
    assert_eq!(calls, expected);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_at_most_six_megabytes() {
    let stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) });
    for _ in 0..8 {
        stage.send(&"x".repeat(1_000_000));
    }
    stage.run(5).await;
    let sizes: Vec<_> = stage.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [6, 2]);
}

#[tokio::test(start_paused = true)]
async fn concurrency_has_a_maximum() {
    let slow = |_| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Ok(Value::Null))
    };
    let stage = Stage::new("jobs", slow).set(|settings| {
        settings.batch_size = 1;
        settings.maximum_concurrency = Some(2);
    });
    for body in 0..10 {
        stage.send(&body.to_string());
    }
    stage.run(10).await;
    assert_eq!(stage.fake.running.lock().1, 2);
    assert_eq!(stage.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn errors_slow_a_mapping_down_unless_it_reports_partial_failures() {
    for (reports, at_once_later) in [(false, 1), (true, 5)] {
        let failing = |_| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Err(()))
        };
        let stage = Stage::new("jobs", failing).set(|settings| {
            settings.batch_size = 1;
            settings.report_batch_item_failures = reports;
        });
        for body in 0..5 {
            stage.send(&body.to_string());
        }
        let look = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let first = std::mem::take(&mut *stage.fake.running.lock()).1;
            tokio::time::sleep(Duration::from_secs(20)).await;
            (first, stage.fake.running.lock().1)
        };
        let (_, at_once) = tokio::join!(stage.run(45), look);
        assert_eq!(at_once, (5, at_once_later), "reports: {reports}");
    }
}

#[tokio::test(start_paused = true)]
async fn fifo_groups_keep_their_order_and_run_beside_each_other() {
    let slow = |_| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Ok(Value::Null))
    };
    let stage = Stage::new("jobs.fifo", slow).set(|settings| settings.batch_size = 1);
    for body in ["a1", "b1", "a2", "b2", "a3"] {
        stage.send_in_group(&body[..1], body);
    }
    stage.run(10).await;
    let order = stage.batches().concat();
    let of = |group: &str| {
        order
            .iter()
            .filter(|body| body.starts_with(group))
            .cloned()
            .collect::<String>()
    };
    assert_eq!((of("a"), of("b")), ("a1a2a3".to_owned(), "b1b2".to_owned()));
    assert_eq!(stage.fake.running.lock().1, 2, "one batch a group");
    assert_eq!(stage.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_fifo_message_holds_its_group_back() {
    let seen = Arc::new(Lock::new(0));
    let counter = Arc::clone(&seen);
    let stage = Stage::new("jobs.fifo", move |event| {
        let fails = bodies(&event) == ["a1"] && std::mem::replace(&mut *counter.lock(), 1) == 0;
        async move { Ok(if fails { Err(()) } else { Ok(Value::Null) }) }
    })
    .set(|settings| settings.batch_size = 1);
    stage.send_in_group("a", "a1");
    stage.send_in_group("a", "a2");
    stage.run(60).await;
    assert_eq!(stage.batches().concat(), ["a1", "a1", "a2"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_batch_is_tried_until_its_messages_are_visible_again() {
    let stage = Stage::new("jobs", |_| async { Err(()) });
    stage.send("a");
    let events = stage.run(29).await;
    assert!(stage.fake.calls.lock().len() > 5);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::BatchFailed { .. }))
    );
    let stage = Stage::new("jobs", |_| async { Err(()) });
    stage.send("a");
    stage.run(200).await;
    assert_eq!(
        (stage.left(), stage.dead()),
        (0, 1),
        "receives are counted, and three are too many"
    );
}

#[tokio::test(start_paused = true)]
async fn a_loop_is_cut_after_sixteen_hops() {
    let loops = |stage: &Stage, hops| {
        let arn = stage.source.function.arn.clone();
        let trace = (0..hops).fold(Trace::start(0), |trace, _| trace.enter(&arn));
        let mut request = SendRequest::new(stage.queue.clone(), "again");
        request.trace_header = Some(trace.to_string());
        stage.sqs.send(request).unwrap();
    };
    let stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) });
    loops(&stage, MAX_HOPS - 1);
    loops(&stage, MAX_HOPS);
    let events = stage.run(1).await;
    assert_eq!(stage.batches(), [["again"]]);
    let trace = stage.fake.traces.lock()[0].clone().unwrap();
    assert_eq!(
        trace.hops(&stage.source.function.arn),
        MAX_HOPS - 1,
        "the lineage is passed on"
    );
    assert!(matches!(events[0], Event::RecursionStopped { .. }));
    assert_eq!((stage.left(), stage.dead()), (0, 1));

    let mut stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) });
    stage.source.function.recursive_loop = RecursiveLoop::Allow;
    loops(&stage, MAX_HOPS + 5);
    stage.run(1).await;
    assert_eq!((stage.batches().len(), stage.dead()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_on_with_a_chain_only_if_all_its_messages_are_of_that_one() {
    let traced = |stage: &Stage, header: Option<&str>| {
        let mut request = SendRequest::new(stage.queue.clone(), "x");
        request.trace_header = header.map(str::to_owned);
        stage.sqs.send(request).unwrap();
    };
    let (one, other) = (
        "1-00000001-000000000000000000000001",
        "1-00000002-000000000000000000000002",
    );
    let of =
        |root: &str, rest: &str| format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1{rest}");
    let first = of(one, ";Lineage=a87bd80c:2");
    for (headers, root) in [
        (vec![Some(&first)], Some(one)),
        (vec![Some(&first), Some(&of(one, ""))], Some(one)),
        (vec![Some(&first), None], None),
        (vec![None, Some(&first)], None),
        (vec![Some(&first), Some(&of(other, ""))], None),
        (vec![Some(&"nonsense".to_owned()), Some(&first)], None),
    ] {
        let stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) });
        for header in &headers {
            traced(&stage, header.map(String::as_str));
        }
        stage.run(2).await;
        assert_eq!(stage.batches().len(), 1, "{headers:?}");
        let trace = stage.fake.traces.lock()[0].clone().unwrap().to_string();
        if let Some(root) = root {
            let begins = format!("Root={root};Parent=");
            assert!(trace.starts_with(&begins), "{trace}");
        } else {
            assert!(!trace.contains(one) && !trace.contains(other), "{trace}");
            assert!(!trace.contains("53995c3f42cd8ad8"), "{trace}");
        }
        // Loops are counted whoever is in the batch.
        assert!(trace.ends_with(";Lineage=a87bd80c:2"), "{trace}");
    }
    let stage = Stage::new("jobs", |_| async { Ok(Ok(Value::Null)) });
    traced(&stage, None);
    stage.run(2).await;
    assert_eq!(*stage.fake.traces.lock(), [None]);
}
