//! Each fault as a client sees it, and what of its request was applied.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;
use crate::clock::{SharedClock, SystemClock, TokioClock};
use crate::sqs::{Identity, QueueName, Sqs};
use crate::tasks::Tasks;

/// SQS with one queue, behind a fault port.
struct Scene {
    sqs: Sqs,
    queue: QueueName,
    address: SocketAddr,
    struck: Struck,
    tasks: Tasks,
}

impl Scene {
    async fn with(rules: Vec<Rule>) -> Self {
        Self::in_front_of(Target::Sqs, rules).await
    }

    /// Whatever it is taken for, there is an SQS behind the port.
    async fn in_front_of(target: Target, rules: Vec<Rule>) -> Self {
        let clock: SharedClock = Arc::new(TokioClock::starting_at(1_800_000_000_000));
        let sqs = Sqs::new(clock.clone(), Identity::default());
        let queue = sqs
            .create_queue("jobs", &std::collections::BTreeMap::new())
            .unwrap();
        let tasks = Tasks::new();
        let (behind, service) = listener().await;
        let router = crate::sqs::router(sqs.clone());
        tasks.spawn_until_stopped(async move { axum::serve(behind, router).await.unwrap() });
        let (public, address) = listener().await;
        let struck = Struck::new(Arc::new(Dice::new(Faults { seed: 1, rules })));
        let port = Port {
            target,
            service,
            struck: struck.clone(),
            clock,
        };
        port.serve(public, &tasks);
        Self {
            sqs,
            queue,
            address,
            struck,
            tasks,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn messages(&self) -> usize {
        self.sqs.counts(&self.queue).unwrap().visible
    }

    /// Sends a message; answers the status, or what was heard of the connection.
    async fn send(&self) -> Result<u16, std::io::ErrorKind> {
        let mut connection = self.connect().await;
        connection.write_all(&send_message()).await.unwrap();
        answer(&mut connection).await.map(|(status, _)| status)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.tasks.abort();
    }
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn send_message() -> Vec<u8> {
    let body = r#"{"QueueUrl":"http://localhost/000000000000/jobs","MessageBody":"x"}"#;
    request("x-amz-target: AmazonSQS.SendMessage\r\n", body)
}

fn request(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST / HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// The status and the body of the next answer on this connection.
async fn answer(connection: &mut TcpStream) -> Result<(u16, String), std::io::ErrorKind> {
    let mut reader = tokio::io::BufReader::new(connection);
    let answer = wire::read(&mut reader)
        .await
        .map_err(|error| error.kind())?;
    let answer = answer.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status = answer.target().parse().unwrap();
    Ok((status, String::from_utf8(answer.body().to_vec()).unwrap()))
}

#[tokio::test]
async fn what_no_rule_strikes_passes_through_on_one_connection() {
    let scene = Scene::with(vec![Rule::new(Fault::Throttle, 1.0).on(["DeleteMessage"])]).await;
    let mut connection = scene.connect().await;
    for sent in 1..=3 {
        connection.write_all(&send_message()).await.unwrap();
        let (status, body) = answer(&mut connection).await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert_eq!(scene.messages(), sent);
    }
    assert!(scene.struck.counts().is_empty());
}

#[tokio::test]
async fn each_fault_is_seen_as_one_and_applies_what_it_says() {
    let reset = Err(std::io::ErrorKind::ConnectionReset);
    for (fault, seen, applied) in [
        (Fault::Throttle, Ok(400), 0),
        (Fault::Reset, reset, 0),
        (Fault::LoseAnswer, reset, 1),
        (Fault::FailAnswer, Ok(500), 1),
    ] {
        let scene = Scene::with(vec![Rule::new(fault, 1.0)]).await;
        assert_eq!(scene.send().await, seen, "{fault:?}");
        assert_eq!(scene.messages(), applied, "{fault:?}");
        let counts = scene.struck.counts();
        assert_eq!(counts, [((Target::Sqs, fault.name()), 1)].into());
    }
}

#[tokio::test]
async fn a_service_in_trouble_answers_500_and_503_and_applies_nothing() {
    let scene = Scene::with(vec![Rule::new(Fault::Unavailable, 1.0)]).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        seen.insert(scene.send().await.unwrap());
    }
    assert_eq!(seen, [500, 503].into());
    assert_eq!(scene.messages(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_never_applied() {
    let scene = Scene::with(vec![Rule::new(Fault::Hang { seconds: 30 }, 1.0)]).await;
    let began = Instant::now();
    assert_eq!(scene.send().await, Err(std::io::ErrorKind::ConnectionReset));
    assert!(began.elapsed() >= Duration::from_secs(30));
    assert_eq!((scene.messages(), scene.struck.held()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_is_applied_even_if_its_sender_has_gone() {
    let scene = Scene::with(vec![Rule::new(Fault::Delay { seconds: 30 }, 1.0)]).await;
    let mut connection = scene.connect().await;
    connection.write_all(&send_message()).await.unwrap();
    while scene.struck.held() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.messages(), 0);
    drop(connection);
    while scene.messages() == 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(scene.struck.held(), 0);
}

#[test]
fn each_service_is_busy_in_its_own_words() {
    let text = |target, query, coin| {
        let asked = operation::Asked {
            operation: "Any".to_owned(),
            query,
        };
        String::from_utf8(answers::throttled(target, &asked, coin)).unwrap()
    };
    for (answer, word) in [
        (
            text(Target::DynamoDb, false, false),
            "#ThrottlingException\"",
        ),
        (
            text(Target::DynamoDb, false, true),
            "#ProvisionedThroughputExceededException\"",
        ),
        (text(Target::Sqs, false, false), "#RequestThrottled\""),
        (
            text(Target::Sqs, true, false),
            "<Code>RequestThrottled</Code>",
        ),
    ] {
        assert!(answer.contains(word), "{answer}");
    }
}

#[tokio::test]
async fn operations_are_recognised_in_both_protocols() {
    for (bytes, operation, query) in [
        (send_message(), "SendMessage", false),
        (
            request("", "Action=SendMessage&MessageBody=x"),
            "SendMessage",
            true,
        ),
        (
            b"GET /?Version=1&Action=ListQueues HTTP/1.1\r\n\r\n".to_vec(),
            "ListQueues",
            true,
        ),
        (
            request("X-Amz-Target: DynamoDB_20120810.UpdateItem\r\n", "{}"),
            "UpdateItem",
            false,
        ),
        (request("", "nonsense"), "", false),
    ] {
        let message = wire::read(&mut &bytes[..]).await.unwrap().unwrap();
        let asked = operation::Asked::of(&message);
        assert_eq!((asked.operation.as_str(), asked.query), (operation, query));
    }
}

#[tokio::test]
async fn what_is_no_http_message_of_known_length_is_refused() {
    let endless = format!("POST / HTTP/1.1\r\nx: {}", "x".repeat(100_000));
    let many = format!("POST / HTTP/1.1\r\n{}", "x: y\r\n".repeat(20_000));
    for text in [
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nabc",
        "POST / HTTP/1.1\r\ncontent-le",
        &endless,
        &many,
    ] {
        assert!(
            wire::read(&mut text.as_bytes()).await.is_err(),
            "{text:.60}"
        );
    }
    let mut nothing: &[u8] = b"";
    assert!(wire::read(&mut nothing).await.unwrap().is_none());
}

#[test]
fn a_seed_decides_each_operation_by_itself() {
    let rules = vec![
        Rule::new(Fault::Reset, 0.3)
            .of(Target::DynamoDb)
            .on(["UpdateItem"]),
        Rule::new(Fault::Throttle, 0.3),
    ];
    let decisions = |seed, between: usize| -> Vec<_> {
        let rules = rules.clone();
        let dice = Dice::new(Faults { seed, rules });
        let decide = |_| {
            for _ in 0..between {
                dice.throw(Target::Sqs, "SendMessage");
            }
            dice.throw(Target::DynamoDb, "UpdateItem")
        };
        (0..500).map(decide).collect()
    };
    assert_eq!(decisions(1, 0), decisions(1, 3));
    assert_ne!(decisions(1, 0), decisions(2, 0));
    let struck = |fault| {
        let all = decisions(1, 0).into_iter().flatten();
        all.filter(|strike| strike.fault == fault).count()
    };
    // 0.3 and 0.7 × 0.3 of 500.
    assert!(
        (110..190).contains(&struck(Fault::Reset)),
        "{}",
        struck(Fault::Reset)
    );
    assert!(
        (70..140).contains(&struck(Fault::Throttle)),
        "{}",
        struck(Fault::Throttle)
    );
}

#[test]
fn a_file_of_faults_is_read_strictly() {
    let read = |rule: &str| {
        serde_json::from_str::<Faults>(&format!(r#"{{"seed":7,"rules":[{rule}]}}"#))
            .map_err(|error| error.to_string())
    };
    let faults = read(r#"{"service":"sqs","fault":{"delay":{"seconds":4}},"probability":0.5}"#);
    let expected = Rule::new(Fault::Delay { seconds: 4 }, 0.5).of(Target::Sqs);
    assert_eq!(faults.unwrap().rules, [expected]);
    assert!(read(r#"{"fault":"explode","probability":0.5}"#).is_err());
    assert!(read(r#"{"fault":"reset","probability":0.5,"operation":"UpdateItem"}"#).is_err());
    let error = read(r#"{"fault":"reset","probability":1.5}"#)
        .unwrap()
        .check();
    assert_eq!(
        error.unwrap_err().to_string(),
        "rule 1 of the faults (reset) has the probability 1.5, expected 0 to 1"
    );
}

#[tokio::test]
async fn a_cloud_with_faults_has_them_before_both_services() {
    let options = crate::cloud::Options {
        faults: Some(Faults {
            seed: 1,
            rules: vec![Rule::new(Fault::Throttle, 1.0)],
        }),
        clock: Arc::new(SystemClock),
        ..crate::cloud::Options::on_free_ports()
    };
    let template = "Resources: { Jobs: { Type: AWS::SQS::Queue } }";
    let template = crate::template::Template::parse(template, "test").unwrap();
    let cloud = crate::cloud::Cloud::start(&template, options)
        .await
        .unwrap();
    let endpoints = cloud.endpoints().clone();
    for (endpoint, target) in [
        (endpoints.sqs, Target::Sqs),
        (endpoints.dynamodb, Target::DynamoDb),
    ] {
        let address = endpoint.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection
            .write_all(&request("x-amz-target: X.Y\r\n", "{}"))
            .await
            .unwrap();
        let (status, body) = answer(&mut connection).await.unwrap();
        assert_eq!(status, 400);
        assert!(body.contains("Injected"), "{body}");
        assert_eq!(cloud.faults().unwrap().counts()[&(target, "throttle")], 1);
    }
    cloud.stop().await;
}

#[tokio::test]
async fn a_conflict_strikes_writes_to_dynamodb_in_their_own_words_and_nothing_else() {
    let rules = vec![Rule::new(Fault::Conflict, 1.0)];
    let scene = Scene::in_front_of(Target::DynamoDb, rules.clone()).await;
    let asked = async |operation: &str, body: &str| {
        let mut connection = scene.connect().await;
        let header = format!("x-amz-target: DynamoDB_20120810.{operation}\r\n");
        let sent = connection.write_all(&request(&header, body)).await;
        sent.unwrap();
        let (status, body) = answer(&mut connection).await.unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        (status, body)
    };
    let (status, body) = asked("UpdateItem", "{}").await;
    let shape = body["__type"].as_str().unwrap();
    assert!(shape.ends_with("#TransactionConflictException") && status == 400);
    let items = r#"{"TransactItems":[{},{},{}]}"#;
    let (status, body) = asked("TransactWriteItems", items).await;
    let shape = body["__type"].as_str().unwrap();
    assert!(shape.ends_with("#TransactionCanceledException") && status == 400);
    let reasons = body["CancellationReasons"].as_array().unwrap();
    let conflicts = reasons
        .iter()
        .filter(|one| one["Code"] == "TransactionConflict");
    assert_eq!((reasons.len(), conflicts.count()), (3, 1));
    asked("GetItem", "{}").await;
    let conflict = (Target::DynamoDb, Fault::Conflict.name());
    assert_eq!(scene.struck.counts(), [(conflict, 2)].into());
    let scene = Scene::with(rules).await;
    assert_eq!(scene.send().await, Ok(200));
}
