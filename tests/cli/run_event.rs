//! `run --event`: a function as a command says by its exit code whether its messages were worked off.

use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use crate::process::binaries::folder;

fn run(function: &str, event: &Json) -> Output {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("event.json");
    std::fs::write(&file, event.to_string()).unwrap();
    Command::new(folder().join(function))
        .args(["run", "--event"])
        .arg(file)
        .env_clear()
        // What asks AWS for something is refused at once.
        .env("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()
        .unwrap()
}

fn record(id: &str, body: &Json) -> Json {
    json!({
        "messageId": id, "receiptHandle": "h", "body": body.to_string(), "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {}, "md5OfBody": "x", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs", "awsRegion": "us-east-1",
    })
}

fn job(uuid: &str, act: &str) -> Json {
    json!({ "uuid": uuid, "job": "observed", "data": { "act": act, "secret": "x" } })
}

#[test]
fn an_event_of_messages_ends_well_only_if_each_of_them_did() {
    let wrong = json!({ "uuid": "w", "job": "observed", "data": {} });
    let good = || job("a", "succeed");
    for (bodies, expected) in [
        (vec![good()], None),
        (vec![good(), job("b", "succeed")], None),
        (
            vec![job("c", "fail")],
            Some("messages: 1, would come back: 0, failed for good: 1"),
        ),
        (
            vec![good(), job("c", "fail")],
            Some("messages: 2, would come back: 0, failed for good: 1"),
        ),
        (
            vec![job("d", "release"), job("c", "fail")],
            Some("messages: 2, would come back: 1, failed for good: 1"),
        ),
        (
            vec![job("e", "panic"), good()],
            Some("messages: 2, would come back: 1, failed for good: 0"),
        ),
        (
            vec![wrong],
            Some("messages: 1, would come back: 0, failed for good: 1"),
        ),
        (
            vec![json!("no envelope"), good()],
            Some("messages: 2, would come back: 0, failed for good: 1"),
        ),
    ] {
        let records: Vec<_> = bodies
            .iter()
            .zip(0..)
            .map(|(body, id)| record(&format!("m-{id}"), body))
            .collect();
        let output = run("observed", &json!({ "Records": records }));
        let said = String::from_utf8(output.stderr).unwrap();
        let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert!(answer["batchItemFailures"].is_array(), "{answer}");
        let code = i32::from(expected.is_some());
        assert_eq!(output.status.code(), Some(code), "{bodies:?}: {said}");
        assert!(
            said.contains(expected.unwrap_or_default()),
            "{bodies:?}: {said}"
        );
    }
}

#[test]
fn a_single_message_ends_as_it_did_before() {
    for (act, code) in [("succeed", 0), ("fail", 1), ("release", 1), ("panic", 1)] {
        assert_eq!(
            run("observed", &job("a", act)).status.code(),
            Some(code),
            "{act}"
        );
    }
}

#[test]
fn dead_letters_that_are_buried_are_what_their_function_is_for() {
    let event = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../events/sqs/bury-dead-letters.json"
    ));
    let event: Json = serde_json::from_str(&event.unwrap()).unwrap();
    let output = run("bury-dead-letters", &event);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
}
