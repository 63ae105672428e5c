//! Functions as real processes. The child is this test binary, run once more with one test selected.
#![expect(
    clippy::exit,
    clippy::zombie_processes,
    reason = "a process that misbehaves is what is tested"
)]

mod starts;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::function::tests::function;
use super::*;
use crate::clock::{Clock, SystemClock};
use crate::event::Event;
use crate::lock::Lock;
use crate::tasks::Tasks;
use crate::template::{Destination, Function};

/// The variable that turns the test below into a function's process.
const BEHAVIOUR: &str = "TEST_CHILD";

/// Not a test: the function's process. It does what the event tells it.
#[test]
fn child() {
    let Some(behaviour) = std::env::var_os(BEHAVIOUR) else {
        return;
    };
    match behaviour.to_str().unwrap() {
        "exits at once" => std::process::exit(7),
        "hangs at once" => std::thread::sleep(Duration::from_secs(600)),
        "refuses" => {
            let body = json!({ "errorType": "Config", "errorMessage": "no table" }).to_string();
            call("POST", "/2018-06-01/runtime/init/error", &body);
            std::process::exit(1);
        }
        _ => serve(),
    }
}

fn serve() -> ! {
    loop {
        let (head, event) = call("GET", "/2018-06-01/runtime/invocation/next", "");
        let header = |name: &str| {
            let line = head
                .lines()
                .find(|line| line.to_ascii_lowercase().starts_with(name))
                .unwrap();
            line.split_once(": ").unwrap().1.to_owned()
        };
        let id = header("lambda-runtime-aws-request-id");
        let event: Value = serde_json::from_str(&event).unwrap();
        let answer = |kind: &str, body: Value| {
            call(
                "POST",
                &format!("/2018-06-01/runtime/invocation/{id}/{kind}"),
                &body.to_string(),
            )
        };
        println!("event {event}");
        match event["do"].as_str().unwrap() {
            "echo" => answer("response", event),
            "describe" => answer(
                "response",
                json!({
                    "pid": std::process::id(),
                    "deadline": header("lambda-runtime-deadline-ms").parse::<u64>().unwrap(),
                    "arn": header("lambda-runtime-invoked-function-arn"),
                    "trace": header("lambda-runtime-trace-id"),
                    "api": runtime_api(),
                    "outside": std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
                }),
            ),
            "wait" => {
                std::thread::sleep(Duration::from_millis(event["ms"].as_u64().unwrap()));
                answer("response", json!(std::process::id()))
            }
            "fail" => answer("error", json!({ "errorType": "Odd", "errorMessage": "no" })),
            "too large" => answer("response", json!("x".repeat(7_000_000))),
            "answer for another" => {
                let (head, _) = call("POST", "/2018-06-01/runtime/invocation/other/response", "1");
                answer("response", json!(head.lines().next().unwrap()))
            }
            "exit" => std::process::exit(3),
            "exit later" => {
                answer("response", json!(std::process::id()));
                std::process::exit(0)
            }
            "abort" => std::process::abort(),
            "leave a child behind" => {
                let sleeper = std::process::Command::new("sleep")
                    .arg("600")
                    .spawn()
                    .unwrap();
                println!("sleeper {}", sleeper.id());
                std::thread::sleep(Duration::from_secs(600));
                unreachable!("killed before")
            }
            other => unreachable!("{other}"),
        };
    }
}

fn runtime_api() -> String {
    let address = std::env::var_os("AWS_LAMBDA_RUNTIME_API").unwrap();
    address.into_string().unwrap()
}

/// One request to the Runtime API, by hand. Returns the head and the body of the response.
fn call(method: &str, path: &str, body: &str) -> (String, String) {
    let address = runtime_api();
    let mut stream = TcpStream::connect(&address).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    // The server may refuse a large body before it has read all of it.
    let _ = stream.write_all(body.as_bytes());
    let (mut head, mut reader) = (String::new(), BufReader::new(stream));
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    let mut body = String::new();
    let _ = reader.read_to_string(&mut body);
    (head, body)
}

struct SelfAsBinary;

impl Binaries for SelfAsBinary {
    fn path(&self, function: &Function) -> PathBuf {
        match function.binary.name.as_str() {
            "missing" => PathBuf::from("/nowhere/missing"),
            _ => std::env::current_exe().unwrap(),
        }
    }

    fn arguments(&self, _: &Function) -> Vec<String> {
        ["--exact", "lambda::tests::child", "--nocapture"]
            .map(str::to_owned)
            .to_vec()
    }
}

#[derive(Default)]
struct Sent(Lock<Vec<(String, Value)>>);

impl Outbox for Sent {
    fn send(&self, queue: &str, body: String, _: &[(&str, String)]) -> Result<(), String> {
        self.0
            .lock()
            .push((queue.to_owned(), serde_json::from_str(&body).unwrap()));
        Ok(())
    }
}

struct Stage {
    lambda: Lambda,
    tasks: Tasks,
    lines: Arc<Lock<Vec<String>>>,
    sent: Arc<Sent>,
}

impl Stage {
    fn with(change: impl FnOnce(&mut Function, &mut Host)) -> Self {
        let (tasks, lines, sent) = (
            Tasks::new(),
            Arc::<Lock<Vec<String>>>::default(),
            Arc::<Sent>::default(),
        );
        let mut host = Host::new(Arc::new(SystemClock), Arc::new(SelfAsBinary), tasks.clone());
        let written = Arc::clone(&lines);
        host.logs = Arc::new(move |_, line| written.lock().push(line.to_owned()));
        let mut function = function("f");
        function.timeout = Duration::from_secs(20);
        function
            .environment
            .insert(BEHAVIOUR.to_owned(), "serves".to_owned());
        change(&mut function, &mut host);
        let lambda = Lambda::new([function], host, Arc::clone(&sent) as Arc<dyn Outbox>);
        Self {
            lambda,
            tasks,
            lines,
            sent,
        }
    }

    fn new() -> Self {
        Self::with(|_, _| {})
    }

    fn behaving(behaviour: &str) -> Self {
        Self::with(|function, _| {
            function
                .environment
                .insert(BEHAVIOUR.to_owned(), behaviour.to_owned());
        })
    }

    async fn answer(&self, event: Value) -> Result<Answer, InvokeError> {
        let invocation = Invocation {
            function: "f".to_owned(),
            payload: event.to_string().into(),
            trace: None,
        };
        self.lambda.invoke(invocation).await
    }

    async fn ask(&self, event: Value) -> Result<Value, FunctionError> {
        let answer = self.answer(event).await.unwrap();
        answer
            .result
            .map(|body| serde_json::from_slice(&body).unwrap())
    }

    async fn error(&self, event: Value) -> (FailureCause, String) {
        let error = self.ask(event).await.unwrap_err();
        (error.cause, error.message())
    }

    async fn stop(self) {
        self.tasks.stop(Duration::from_secs(5)).await;
        self.lambda.stop().await;
    }
}

#[tokio::test]
async fn one_process_answers_again_and_again() {
    let stage = Stage::new();
    let before = SystemClock.now_ms();
    let first = stage.ask(json!({ "do": "describe" })).await.unwrap();
    let second = stage.ask(json!({ "do": "describe" })).await.unwrap();
    assert_eq!(first["pid"], second["pid"], "warm");
    assert_eq!(
        first["arn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f"
    );
    assert_eq!(first["outside"], false, "a clean environment");
    assert!(first["trace"].as_str().unwrap().contains("Lineage="));
    let left = first["deadline"].as_u64().unwrap() - before;
    assert!((20_000..30_000).contains(&left), "{left} ms");
    stage.stop().await;
}

#[tokio::test]
async fn a_reported_error_leaves_the_process_warm() {
    let stage = Stage::new();
    let pid = stage.ask(json!({ "do": "wait", "ms": 0 })).await.unwrap();
    assert_eq!(
        stage.error(json!({ "do": "fail" })).await,
        (FailureCause::Reported, "Odd: no".to_owned())
    );
    let (cause, message) = stage.error(json!({ "do": "too large" })).await;
    assert_eq!(cause, FailureCause::Reported);
    assert!(
        message.starts_with("Function.ResponseSizeTooLarge"),
        "{message}"
    );
    assert_eq!(
        stage.ask(json!({ "do": "wait", "ms": 0 })).await.unwrap(),
        pid
    );
    stage.stop().await;
}

#[tokio::test]
async fn a_process_cannot_answer_for_another_invocation() {
    let stage = Stage::new();
    let status = stage
        .ask(json!({ "do": "answer for another" }))
        .await
        .unwrap();
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    stage.stop().await;
}

#[tokio::test]
async fn a_crash_is_an_error_and_the_next_process_works() {
    let stage = Stage::new();
    let (cause, message) = stage.error(json!({ "do": "exit" })).await;
    assert_eq!(cause, FailureCause::Exit);
    assert!(
        message.starts_with("Runtime.ExitError: RequestId: "),
        "{message}"
    );
    assert!(
        message.ends_with("Error: Runtime exited with error: exit status 3"),
        "{message}"
    );
    let (_, message) = stage.error(json!({ "do": "abort" })).await;
    assert!(message.ends_with("signal: aborted"), "{message}");
    assert_eq!(
        stage.ask(json!({ "do": "echo" })).await.unwrap(),
        json!({ "do": "echo" })
    );
    stage.stop().await;
}

#[tokio::test]
async fn a_process_that_left_is_replaced_unnoticed() {
    let stage = Stage::new();
    let first = stage.ask(json!({ "do": "exit later" })).await.unwrap();
    let second = stage.ask(json!({ "do": "wait", "ms": 0 })).await.unwrap();
    assert_ne!(first, second);
    stage.stop().await;
}

/// Ends a function's time when it is told to, however slow this machine is; shorter times are as they are.
struct Held(watch::Receiver<bool>);

impl Clock for Held {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if duration <= Limits::default().init {
            return SystemClock.sleep(duration);
        }
        let mut told = self.0.clone();
        Box::pin(async move {
            told.wait_for(|told| *told).await.unwrap();
        })
    }
}

#[tokio::test]
async fn a_timeout_kills_the_process_and_its_children() {
    let (time_is_over, told) = watch::channel(false);
    let stage = Stage::with(|_, host| {
        host.clock = Arc::new(Held(told));
        let lines = Arc::clone(&host.logs);
        host.logs = Arc::new(move |function, line| {
            lines(function, line);
            time_is_over.send_if_modified(|over| {
                *over |= line.starts_with("sleeper ");
                *over
            });
        });
    });
    let (cause, message) = stage.error(json!({ "do": "leave a child behind" })).await;
    assert_eq!(cause, FailureCause::Timeout);
    assert!(
        message.ends_with("Error: Task timed out after 20.00 seconds"),
        "{message}"
    );
    let sleeper = stage
        .lines
        .lock()
        .iter()
        .find_map(|line| line.strip_prefix("sleeper ").map(str::to_owned))
        .unwrap();
    let lives = || {
        let status = std::fs::read_to_string(format!("/proc/{sleeper}/stat")).unwrap_or_default();
        !status.is_empty() && !status.contains(") Z ")
    };
    // Who was killed is gone a moment later.
    let gone = async {
        while lives() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
    assert!(gone.is_ok(), "the child lives on");
    stage.stop().await;
}

#[tokio::test]
async fn a_process_that_cannot_start_says_why() {
    let (cause, message) = Stage::behaving("exits at once")
        .error(json!({ "do": "echo" }))
        .await;
    assert_eq!(cause, FailureCause::Exit);
    assert!(message.ends_with("exit status 7"), "{message}");

    let refused = Stage::behaving("refuses")
        .error(json!({ "do": "echo" }))
        .await;
    assert_eq!(refused, (FailureCause::Init, "Config: no table".to_owned()));

    let stage = Stage::with(|function, host| {
        function
            .environment
            .insert(BEHAVIOUR.to_owned(), "hangs at once".to_owned());
        host.limits.init = Duration::from_millis(200);
    });
    let (cause, message) = stage.error(json!({ "do": "echo" })).await;
    assert_eq!(cause, FailureCause::Init);
    assert!(
        message.ends_with("Task timed out after 0.20 seconds"),
        "{message}"
    );

    let missing = Stage::with(|function, _| function.binary.name = "missing".to_owned());
    let error = missing.answer(json!({})).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("build it with `cargo build --bin missing`"),
        "{error}"
    );
}

#[tokio::test]
async fn concurrent_invocations_have_a_process_each_up_to_the_limit() {
    let stage = Stage::with(|function, _| function.reserved_concurrency = Some(2));
    let wait = || stage.answer(json!({ "do": "wait", "ms": 500 }));
    let (first, second, third) = tokio::join!(wait(), wait(), wait());
    assert_ne!(
        first.unwrap().result.unwrap(),
        second.unwrap().result.unwrap()
    );
    assert!(matches!(
        third,
        Err(InvokeError::Throttled { limit: 2, .. })
    ));
    stage.stop().await;
}

#[tokio::test]
async fn warm_processes_are_stopped_when_there_is_nothing_to_do() {
    let stage = Stage::with(|_, host| host.limits.idle = Duration::ZERO);
    let mut events = stage.lambda.host().events.watch();
    stage.ask(json!({ "do": "echo" })).await.unwrap();
    let stopped =
        async { while !matches!(events.recv().await.unwrap(), Event::ProcessStopped { .. }) {} };
    tokio::time::timeout(Duration::from_secs(10), stopped)
        .await
        .unwrap();
    stage.stop().await;
}

#[tokio::test]
async fn the_end_of_every_process_is_told_by_its_id() {
    let stage = Stage::new();
    let mut events = stage.lambda.host().events.watch();
    stage.answer(json!({ "do": "exit" })).await.unwrap();
    stage.ask(json!({ "do": "echo" })).await.unwrap();
    stage.stop().await;
    let (mut started, mut ended) = (Vec::new(), Vec::new());
    while let Ok(event) = events.try_recv() {
        match event {
            Event::ProcessStarted { pid, .. } => started.push(pid),
            Event::ProcessEnded { pid, .. } => ended.push(pid),
            _ => {}
        }
    }
    assert_eq!(started.len(), 2);
    assert_eq!(started, ended);
}

#[tokio::test]
async fn what_a_function_writes_is_forwarded_and_kept_for_the_invoker() {
    let stage = Stage::new();
    stage.ask(json!({ "do": "echo", "n": 1 })).await.unwrap();
    let answer = stage.answer(json!({ "do": "exit" })).await.unwrap();
    let tail = String::from_utf8(answer.log_tail).unwrap();
    assert!(
        tail.contains(r#"event {"do":"exit"}"#) && !tail.contains("echo"),
        "{tail}"
    );
    assert!(
        stage
            .lines
            .lock()
            .iter()
            .any(|line| line.contains(r#""n":1"#))
    );
    stage.stop().await;
}

#[tokio::test]
async fn stopping_ends_an_invocation_in_flight() {
    let stage = Stage::new();
    let (tasks, lambda) = (stage.tasks.clone(), stage.lambda.clone());
    stage.ask(json!({ "do": "echo" })).await.unwrap();
    let hanging = stage.ask(json!({ "do": "wait", "ms": 60_000 }));
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        tasks.stop(Duration::from_secs(5)).await;
        lambda.stop().await;
    };
    let (answer, ()) = tokio::join!(hanging, stop);
    assert_eq!(answer.unwrap_err().cause, FailureCause::Stopped);
}

/// Passes the long pauses at once, and the short ones as they are.
#[derive(Default)]
struct Hasty(Lock<u64>);

impl Clock for Hasty {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms() + *self.0.lock()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if duration < Duration::from_secs(30) {
            return SystemClock.sleep(duration);
        }
        *self.0.lock() += u64::try_from(duration.as_millis()).unwrap();
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn an_event_is_tried_three_times_and_then_lost() {
    let stage = Stage::with(|_, host| host.clock = Arc::new(Hasty::default()));
    let mut events = stage.lambda.host().events.watch();
    let payload = json!({ "do": "fail" }).to_string().into();
    let invocation = Invocation {
        function: "f".to_owned(),
        payload,
        trace: None,
    };
    stage.lambda.invoke_asynchronously(invocation).unwrap();
    let (mut tries, mut pauses) = (0, Vec::new());
    loop {
        match events.recv().await.unwrap() {
            Event::Invoked { .. } => tries += 1,
            Event::AsyncRetried { delay, .. } => pauses.push(delay.as_secs()),
            Event::AsyncFailed { destination, .. } => break assert_eq!(destination, None),
            _ => {}
        }
    }
    assert_eq!((tries, pauses), (3, vec![60, 120]));
    stage.stop().await;
}

#[tokio::test]
async fn a_failed_event_goes_to_its_destination() {
    let stage = Stage::with(|function, _| {
        function.asynchronous.maximum_retry_attempts = 0;
        function.asynchronous.on_failure = Some(Destination::Queue("failed".to_owned()));
    });
    let mut events = stage.lambda.host().events.watch();
    let payload = json!({ "do": "fail" }).to_string().into();
    let invocation = Invocation {
        function: "f".to_owned(),
        payload,
        trace: None,
    };
    let id = stage.lambda.invoke_asynchronously(invocation).unwrap();
    while !matches!(
        events.recv().await.unwrap(),
        Event::AsyncFailed {
            destination: Some(_),
            ..
        }
    ) {}
    let (queue, record) = stage.sent.0.lock().pop().unwrap();
    assert_eq!(queue, "failed");
    assert_eq!(record["requestContext"]["requestId"], id.as_str());
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(record["requestPayload"], json!({ "do": "fail" }));
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"]["errorMessage"], "no");
    stage.stop().await;
}
