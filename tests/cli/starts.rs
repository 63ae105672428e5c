//! Jobs without a ledger, functions that cannot start and queues that are paused: each is seen for what it is.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value as Json, json};

use super::dev::{Cloud, Dev, Running, TABLES, TEMPLATE, code, error, hikyaku, parameters};
use crate::process::binaries::folder;
use crate::process::stage::Stage;

/// A function of this binary on a queue, with the two tables.
fn with_function(binary: &str, variables: &str) -> String {
    format!(
        "{TABLES}
  Jobs: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: jobs, VisibilityTimeout: 60 }} }}
  Ordered: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: ordered.fifo, FifoQueue: true }} }}
  Worker:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: {binary} }} }}
    Properties:
      FunctionName: worker
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 60
      LoggingConfig: {{ LogFormat: JSON }}
      Environment: {{ Variables: {{ HIKYAKU_LEDGER_TABLE: !Ref Ledger, HIKYAKU_FAILED_TABLE: !Ref Failed{variables} }} }}
      Events: {{ Jobs: {{ Type: SQS, Properties: {{ Queue: !GetAtt Jobs.Arn, FunctionResponseTypes: [ReportBatchItemFailures] }} }} }}
"
    )
}

#[test]
fn a_job_that_keeps_no_ledger_is_known_by_its_log() {
    let images = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("file://{}/{name}", images.path().display());
    let variables = format!(
        ", RESIZE_SOURCE_URLS: '{}', RESIZE_OUTPUT_URL: '{}'",
        url(""),
        url("out/")
    );
    let cloud = Cloud::start(
        &with_function("resize-image", &variables),
        &["resize-image"],
    );
    // A picture of one point (Portable Network Graphics).
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";
    fs::write(images.path().join("point.png"), png).unwrap();
    let event = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../events/direct/resize-image.json"
    ))
    .unwrap();
    let event: Json = serde_json::from_str(&event).unwrap();
    let send = |file: &str| {
        let mut data = event["data"].clone();
        data["url"] = json!(url(file));
        cloud.dispatch(&[
            event["job"].as_str().unwrap(),
            "--queue",
            "jobs",
            "--data",
            &data.to_string(),
        ])
    };
    let [done, lost] = ["point.png", "nowhere.png"].map(send);
    let seen = cloud.until(&["show", &done], |job| job["state"] == "done");
    assert_eq!(
        (&seen["ledger"], &seen["log"]["outcome"]),
        (&Json::Null, &json!("done"))
    );
    let shown = cloud.run(&["show", &done]);
    assert_eq!(code(&shown), Some(0));
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("state       done") && shown.contains("keeps no ledger"),
        "{shown}"
    );
    // One that failed is told by its row, or waits to be tried again.
    cloud.until(&["show", &lost], |job| {
        job["state"] == "failed" || job["log"]["error"].is_string()
    });
    let unknown = cloud.run(&["show", "nobody"]);
    assert_eq!(code(&unknown), Some(3));
    assert_eq!(error(&unknown).lines().count(), 1, "{}", error(&unknown));
}

#[test]
fn a_function_that_cannot_start_is_seen_with_its_reason() {
    for (binary, variables, reason) in [
        (
            "report-jobs",
            ", HIKYAKU_CONCURRENCY: none",
            "HIKYAKU_CONCURRENCY",
        ),
        (
            "never-built",
            "",
            "build it with `cargo build --bin never-built`",
        ),
    ] {
        let cloud = Cloud::start(&with_function(binary, variables), &["report-jobs"]);
        let uuid = cloud.dispatch(&["report-jobs", "--queue", "jobs", "--data", "{}"]);
        let seen = cloud.until(&["show", &uuid], |job| job["notStarted"][0].is_object());
        assert_eq!(seen["state"], "unknown");
        assert_eq!(seen["notStarted"][0]["function"], "worker");
        assert!(
            seen["notStarted"][0]["reason"]
                .as_str()
                .unwrap()
                .contains(reason),
            "{seen:#}"
        );
        let shown = cloud.run(&["show", &uuid]);
        assert_eq!(code(&shown), Some(3));
        let shown = error(&shown);
        assert!(
            shown.contains("worker did not start at ") && shown.contains(reason),
            "{shown}"
        );

        let seen = cloud.json(&["monitor"]);
        assert_eq!(seen["notStarted"][0]["function"], "worker", "{seen:#}");
        let seen = String::from_utf8(cloud.run(&["monitor"]).stdout).unwrap();
        assert!(
            seen.contains("worker did not start at ") && seen.contains(reason),
            "{seen}"
        );
    }
}

#[tokio::test]
async fn a_function_that_works_again_is_not_told_of() {
    let stage = Stage::with_rows(3).await;
    let binary = stage.path("target/debug/import-csv");
    fs::create_dir_all(binary.parent().unwrap()).unwrap();
    fs::write(stage.path("template.yaml"), TEMPLATE).unwrap();
    let mut command = hikyaku(&stage.path(""), &["dev", "--no-build"]);
    command
        .args(parameters(&stage))
        .env_remove("CARGO_TARGET_DIR");
    let running = Running::start(&mut command);
    let dev = Dev { stage, running };
    let uuid = dev.import("numbers.csv");
    dev.until(&["show", &uuid], |job| job["notStarted"][0].is_object());
    symlink(folder().join("import-csv"), &binary).unwrap();
    let other = dev.import("numbers.csv");
    dev.until(&["show", &other], |job| job["state"] == "done");
    let seen = dev.until(&["monitor"], |seen| seen["notStarted"] == json!([]));
    assert_eq!(seen["notStarted"], json!([]));
}

#[tokio::test]
async fn a_paused_queue_is_seen_as_paused() {
    let dev = Dev::start().await;
    let state = |name: &str| {
        let seen = dev.json(&["monitor"]);
        let queues = seen["queues"].as_array().unwrap();
        let queue = queues.iter().find(|queue| queue["name"] == name);
        queue.unwrap()["state"].clone()
    };
    assert_eq!(
        (state("imports"), state("idle")),
        (json!("read"), json!("notRead"))
    );
    dev.says(&["pause", "imports"]);
    assert_eq!(state("imports"), "paused");
    let seen = dev.says(&["monitor"]);
    let line = seen
        .lines()
        .find(|line| line.starts_with("imports "))
        .unwrap();
    assert!(
        line.ends_with("  paused") && seen.contains("hikyaku resume"),
        "{seen}"
    );
    assert!(dev.says(&["monitor", "imports"]).contains("  paused"));
    dev.says(&["resume", "imports"]);
    assert_eq!(state("imports"), "read");
    assert!(!dev.says(&["monitor"]).contains("hikyaku resume"));
}

#[test]
fn a_job_is_sent_into_a_group() {
    let cloud = Cloud::start(&with_function("report-jobs", ""), &["report-jobs"]);
    for group in ["one", "two", "one"] {
        cloud.dispatch(&[
            "x",
            "--queue",
            "ordered.fifo",
            "--data",
            "{}",
            "--group",
            group,
        ]);
    }
    let file = fs::read_to_string(cloud.here.path().join(".hikyaku/local.json")).unwrap();
    let file: Json = serde_json::from_str(&file).unwrap();
    let sqs = file["variables"]["AWS_ENDPOINT_URL_SQS"].as_str().unwrap();
    let request = json!({ "QueueUrl": "ordered.fifo", "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["MessageGroupId"] });
    let received = super::dev::ask(sqs, "AmazonSQS.ReceiveMessage", &request);
    let groups = received["Messages"].as_array().unwrap().iter();
    let groups: Vec<_> = groups
        .map(|message| message["Attributes"]["MessageGroupId"].clone())
        .collect();
    assert_eq!(groups, ["one", "one", "two"]);
    let refused = cloud.run(&[
        "dispatch",
        "x",
        "--queue",
        "ordered.fifo",
        "--data",
        "{}",
        "--group",
        "a b",
    ]);
    assert_eq!(code(&refused), Some(1));
    assert!(error(&refused).contains("group"), "{}", error(&refused));
}
