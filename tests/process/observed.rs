//! What a function writes on standard output, line by line: the function `observed` on the local cloud.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::lambda::CargoBinaries;
use hikyaku_local::sqs::SendRequest;
use hikyaku_local::template::Template;
use serde_json::{Value, json};

use super::imports::wait_until;

/// Stands in every payload, and in no line.
const MARKER: &str = "xyzzy-4f1c-payload";

pub(super) const ROOT: &str = "1-5e3d83c1-e6a0db584850d61342823d4c";
pub(super) const PARENT: &str = "53995c3f42cd8ad8";

const TABLES: &str = r"
Transform: AWS::Serverless-2016-10-31
Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: hikyaku
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
  Failed:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: failed_jobs
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: application, AttributeType: S }, { AttributeName: uuid, AttributeType: S }]
      KeySchema: [{ AttributeName: application, KeyType: HASH }, { AttributeName: uuid, KeyType: RANGE }]
";

/// One function, and how it is told to log and measure.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    name: &'static str,
    level: &'static str,
    metrics: &'static str,
}

pub(super) const fn terms(name: &'static str, level: &'static str, metrics: &'static str) -> Terms {
    Terms {
        name,
        level,
        metrics,
    }
}

/// A cloud with these functions, each with a queue of its name, and what each has written.
pub(super) struct Observatory {
    pub(super) cloud: Cloud,
    lines: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Observatory {
    async fn of(functions: &[Terms]) -> Self {
        Self::told(functions, &[]).await
    }

    /// The same, with these variables in every function's environment.
    pub(super) async fn told(functions: &[Terms], variables: &[(&str, &str)]) -> Self {
        let mut template = TABLES.to_owned();
        for Terms {
            name,
            level,
            metrics,
        } in functions
        {
            write!(
                template,
                r"
  {name}Queue:
    Type: AWS::SQS::Queue
    Properties: {{ QueueName: '{name}', VisibilityTimeout: 60 }}
  {name}Function:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: observed }} }}
    Properties:
      FunctionName: '{name}'
      Runtime: provided.al2023
      CodeUri: .
      Timeout: 10
      RecursiveLoop: Allow
      Environment: {{ Variables: {{ AWS_LAMBDA_LOG_LEVEL: {level}, HIKYAKU_METRICS: '{metrics}' }} }}
      Events:
        Messages:
          Type: SQS
          Properties: {{ Queue: !GetAtt {name}Queue.Arn, BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures] }}
"
            )
            .unwrap();
        }
        let lines: Arc<Mutex<BTreeMap<String, Vec<String>>>> = Arc::default();
        let book = Arc::clone(&lines);
        let folder = Path::new(env!("CARGO_BIN_EXE_observed")).parent().unwrap();
        let options = Options {
            binaries: Arc::new(CargoBinaries::new(folder.to_owned())),
            logs: Some(Arc::new(move |function, line| {
                let mut book = book.lock().unwrap();
                let lines = book.entry(function.to_owned()).or_default();
                lines.push(line.to_owned());
            })),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Options::on_free_ports()
        };
        let template = Template::parse(&template, "test").unwrap();
        let cloud = Cloud::start(&template, options).await.unwrap();
        Self { cloud, lines }
    }

    pub(super) fn send(&self, queue: &str, body: &Value, trace: Option<&str>) {
        let queue = self.cloud.sqs().queue_by_name(queue).unwrap();
        let mut request = SendRequest::new(queue, body.to_string());
        request.trace_header = trace.map(str::to_owned);
        self.cloud.sqs().send(request).unwrap();
    }

    pub(super) async fn drain(&self, name: &str) {
        let queue = self.cloud.sqs().queue_by_name(name).unwrap();
        let sqs = self.cloud.sqs();
        wait_until("an empty queue", async || {
            let counts = sqs.counts(&queue).unwrap();
            counts.visible + counts.not_visible + counts.delayed == 0
        })
        .await;
    }

    /// What the function has written once so many of its lines are like that. Lines come by a pipe, later than an answer.
    pub(super) async fn lines(
        &self,
        function: &str,
        count: usize,
        like: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        wait_until("the function's lines", async || {
            let lines = self.written(function);
            lines.iter().filter(|line| like(line)).count() >= count
        })
        .await;
        self.written(function)
    }

    fn raw(&self, function: &str) -> Vec<String> {
        let book = self.lines.lock().unwrap();
        book.get(function).cloned().unwrap_or_default()
    }

    /// What the function has written. Every line of it is an object with a timestamp and a level.
    pub(super) fn written(&self, function: &str) -> Vec<Value> {
        let raw = self.raw(function).into_iter();
        raw.map(|line| {
            let object: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("{function} has written no JSON ({error}): {line}"));
            assert!(object["timestamp"].is_string(), "{line}");
            assert!(object["level"].is_string(), "{line}");
            object
        })
        .collect()
    }
}

pub(super) fn job(id: &str, act: &str) -> Value {
    json!({ "uuid": id, "job": "observed", "data": { "act": act, "secret": MARKER } })
}

/// Whether a line has this message.
pub(super) fn is(message: &str) -> impl Fn(&Value) -> bool {
    move |line| line["message"] == message
}

/// The lines with this message.
pub(super) fn saying<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    let said = lines.iter();
    said.filter(|line| line["message"] == message).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_of_a_panic_says_whose_it_is() {
    let sky = Observatory::of(&[terms("panics", "INFO", "off")]).await;
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1");
    sky.send("panics", &job("p-1", "panic"), Some(&header));
    sky.drain("panics").await;
    let lines = sky.lines("panics", 1, is("job `observed` buried")).await;
    let panics = saying(&lines, "panicked");
    assert_eq!(panics.len(), 2, "one an attempt: {lines:#?}");
    for (number, line) in panics.iter().enumerate() {
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["job.id"], "p-1");
        assert_eq!(line["job.name"], "observed");
        assert_eq!(line["job.attempt"], number + 1);
        assert_eq!(line["trace.id"], ROOT);
        assert_eq!(line["panic.message"], "the job's own panic");
        let place = line["panic.location"].as_str().unwrap();
        assert!(place.contains("observed/main.rs:"), "{place}");
        for given in ["message.id", "requestId"] {
            assert_eq!(line[given].as_str().unwrap().len(), 36, "{given}: {line}");
        }
    }
    assert_eq!(panics[0]["message.id"], panics[1]["message.id"]);
    assert_ne!(panics[0]["requestId"], panics[1]["requestId"]);
    sky.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_goes_from_the_producer_through_the_jobs_and_lambda_still_counts_its_hops() {
    let sky = Observatory::of(&[terms("traced", "INFO", "off")]).await;
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1");
    sky.send("traced", &job("t-1", "dispatch"), Some(&header));
    sky.drain("traced").await;
    let lines = sky.lines("traced", 2, is("job `observed` done")).await;
    let done = saying(&lines, "job `observed` done");
    assert_eq!(done.len(), 2, "{lines:#?}");
    assert_ne!(done[0]["job.id"], done[1]["job.id"]);
    let of_jobs = lines.iter().filter(|line| line.get("job.id").is_some());
    for line in of_jobs {
        assert_eq!(line["trace.id"], ROOT, "{line}");
    }
    let mut told: Vec<_> = saying(&lines, "an info line of the job's own")
        .iter()
        .map(|line| line["header"].as_str().unwrap().to_owned())
        .collect();
    // They are of two processes, whose lines come by a pipe each.
    told.sort_unstable();
    for (header, hops) in told.iter().zip([1, 2]) {
        let expected = format!("Root={ROOT};Parent={PARENT};Sampled=1;Lineage=");
        let lineage = header.strip_prefix(&expected);
        let lineage = lineage.unwrap_or_else(|| panic!("another trace: {header}"));
        assert!(lineage.ends_with(&format!(":{hops}")), "{header}");
    }
    sky.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_level_has_its_lines_and_none_has_a_payload() {
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let functions = LEVELS.map(|level| terms(level, level, "jobs"));
    let sky = Observatory::of(&functions).await;
    for level in LEVELS {
        for act in ["succeed", "release", "fail", "panic"] {
            sky.send(level, &job(&format!("{level}-{act}"), act), None);
        }
        // A field of the wrong type, an unknown job, and no job at all.
        let secret = json!({ MARKER: MARKER });
        sky.send(level, &json!({ "uuid": format!("{level}-misfit"), "job": "observed", "data": { "act": MARKER, "secret": secret } }), None);
        sky.send(
            level,
            &json!({ "uuid": format!("{level}-unknown"), "job": "nobody", "data": secret }),
            None,
        );
        sky.send(level, &json!(MARKER), None);
    }
    for (rank, level) in LEVELS.into_iter().enumerate() {
        sky.drain(level).await;
        // Nothing of an invocation is written after its metrics.
        let lines = sky.lines(level, 9, |line| line.get("_aws").is_some()).await;
        let raw = sky.raw(level);
        let leak = raw.iter().find(|line| line.contains(MARKER));
        assert_eq!(leak, None, "{level}");
        let of_jobs = |line: &&Value| line.get("_aws").is_none();
        for line in lines.iter().filter(of_jobs) {
            assert_eq!(line.get("side"), None, "there is only one: {line}");
            let of_line = LEVELS.iter().position(|level| line["level"] == *level);
            // There is nothing above an error: at FATAL it is Lambda that drops the errors.
            assert!(of_line >= Some(rank.min(4)), "{level}: {line}");
        }
        let expected = [
            ("a trace of the job's own", "TRACE", 0, 6),
            ("a debug line of the job's own", "DEBUG", 1, 6),
            ("an info line of the job's own", "INFO", 2, 6),
            ("job `observed` done", "INFO", 2, 2),
            ("a warning of the job's own", "WARN", 3, 6),
            ("job `observed` released", "WARN", 3, 2),
            ("job `observed` buried", "ERROR", 5, 3),
            ("job `nobody` buried", "ERROR", 5, 1),
            ("panicked", "ERROR", 5, 2),
        ];
        for (message, its_level, until, times) in expected {
            let found = saying(&lines, message);
            let times = if rank <= until { times } else { 0 };
            assert_eq!(found.len(), times, "{level}: {message}: {raw:#?}");
            assert!(found.iter().all(|line| line["level"] == its_level));
        }
        // Lambda drops a line of a lower level than the function's.
        let metrics: Vec<_> = lines.iter().filter(|line| !of_jobs(line)).collect();
        assert_eq!(metrics.len(), 9, "{level}: one an invocation: {raw:#?}");
        let passes = if rank < 3 { "INFO" } else { level };
        assert!(metrics.iter().all(|line| line["level"] == passes));
    }
    sky.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_level_of_metrics_has_its_metrics_whatever_is_logged() {
    let functions = [
        terms("off", "DEBUG", "off"),
        terms("alarms", "WARN", "alarms"),
        terms("function", "ERROR", "function"),
        terms("jobs", "FATAL", "jobs"),
    ];
    let sky = Observatory::of(&functions).await;
    for (Terms { name, .. }, [of_function, of_job]) in
        functions.into_iter().zip([[0, 0], [3, 0], [9, 0], [9, 8]])
    {
        sky.send(name, &job(name, "succeed"), None);
        sky.drain(name).await;
        let lines = if of_function > 0 {
            sky.lines(name, 1, |line| line.get("_aws").is_some()).await
        } else {
            sky.lines(name, 1, is("job `observed` done")).await
        };
        let metrics: Vec<_> = lines.iter().filter_map(|line| line.get("_aws")).collect();
        assert_eq!(metrics.len(), usize::from(of_function > 0), "{name}");
        let count = |directive: usize| {
            let first = metrics.first();
            let found = first.map(|line| &line["CloudWatchMetrics"][directive]["Metrics"]);
            found.and_then(Value::as_array).map_or(0, Vec::len)
        };
        assert_eq!([count(0), count(1)], [of_function, of_job], "{name}");
    }
    sky.cloud.stop().await;
}
