//! What others wrote is read on a terminal and does nothing else to it: every command, on a cloud full of such words.

use std::fmt::Write as _;
use std::process::{Output, Stdio};

use serde_json::{Value as Json, json};

use super::dev::{Dev, hikyaku, patiently};

/// Clears the screen, sounds, forges lines, turns the direction of writing round.
const HOSTILE: &str =
    "a\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\nUUID  forged\u{202e}\u{2066}\u{2028}\u{7f}\u{8}\tz";

/// What a terminal would take for more than text; only lines may end.
fn is_control(letter: char) -> bool {
    letter != '\n' && letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn assert_readable(words: &[&str], output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(text.clone()).unwrap();
        assert!(!text.contains(is_control), "{words:?}: {text:?}");
        let forged = text.lines().find(|line| line.starts_with("UUID  forged"));
        assert_eq!(forged, None, "{words:?}: {text}");
    }
}

/// A request to SQS or DynamoDB.
fn ask(dev: &Dev, endpoint: &str, target: &str, request: &Json) {
    let file = std::fs::read_to_string(dev.stage.path(".hikyaku/local.json")).unwrap();
    let file: Json = serde_json::from_str(&file).unwrap();
    super::dev::ask(
        file["variables"][endpoint].as_str().unwrap(),
        target,
        request,
    );
}

/// A row as Laravel writes it, of words that whoever sent the job chose.
fn fail(dev: &Dev, uuid: &str, words: &str) {
    let payload = json!({ "uuid": uuid, "displayName": words, "job": words, "data": {} });
    let item = json!({
        "application": { "S": "Shop" }, "uuid": { "S": uuid }, "connection": { "S": words },
        "queue": { "S": format!("http://127.0.0.1/000000000000/{words}") },
        "payload": { "S": payload.to_string() },
        "exception": { "S": format!("{words}: {words}\nstate       done\n#0 {words}") },
        "failed_at": { "N": "1900000000" },
    });
    let put = json!({ "TableName": "failed", "Item": item });
    ask(
        dev,
        "AWS_ENDPOINT_URL_DYNAMODB",
        "DynamoDB_20120810.PutItem",
        &put,
    );
}

#[tokio::test]
async fn words_of_others_are_only_read_whatever_the_command() {
    let dev = Dev::start().await;
    fail(&dev, HOSTILE, HOSTILE);
    let long = "x".repeat(1_000);
    fail(&dev, &long, &long);
    let body = json!({ "uuid": "u\u{1b}[31m", "job": HOSTILE, "data": {} }).to_string();
    let send = json!({ "QueueUrl": "imports", "MessageBody": body });
    ask(&dev, "AWS_ENDPOINT_URL_SQS", "AmazonSQS.SendMessage", &send);
    // Its function logs the name, and buries it as unknown.
    let logged = patiently(|| {
        let told = dev.run(&["tail"]);
        String::from_utf8_lossy(&told.stdout)
            .contains("forged")
            .then_some(told)
    });
    assert_readable(&["tail"], &logged.unwrap());
    dev.until(&["failed"], |rows| rows.as_array().unwrap().len() == 3);

    for words in [
        &["failed"][..],
        &["failed", "--job", HOSTILE],
        &["show", HOSTILE],
        &["show", &long],
        &["show", "u\u{1b}[31m"],
        &["show", "no\u{1b}[31m"],
        &["tail"],
        &["tail", "u\u{1b}[31m", "--level", "debug"],
        &["tail", "no\u{1b}[31m"],
        &["retry", HOSTILE, "--dry-run"],
        &["retry", HOSTILE],
        &["retry", "all", "--to", "idle"],
        &["retry", "no\u{1b}[31m"],
        &["forget", "no\u{1b}[31m"],
        &["monitor"],
        &["monitor", HOSTILE],
        &["route", HOSTILE],
        &["pause", HOSTILE],
        &["clear", HOSTILE, "--yes"],
        &["spent"],
        &["dispatch", HOSTILE, "--queue", HOSTILE],
        &["dispatch", HOSTILE, "--queue", "idle", "--data", HOSTILE],
        &["dispatch", "--event", HOSTILE],
    ] {
        assert_readable(words, &dev.run(words));
        assert_readable(words, &dev.run(&[words, &["--json"]].concat()));
    }
}

#[tokio::test]
async fn a_long_id_fills_no_terminal_and_is_whole_in_json() {
    let dev = Dev::start().await;
    let long = "x".repeat(1_000);
    fail(&dev, &long, &long);
    for words in [
        &["failed"][..],
        &["show", &long],
        &["retry", &long, "--dry-run", "--to", "idle"],
        &["retry", "all", "--dry-run", "--to", "idle"],
        &["forget", &long],
    ] {
        let output = dev.run(words);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("xxx…"), "{words:?}: {text}");
        // What was thrown is shown in full, and set apart.
        for line in text.lines().filter(|line| !line.starts_with("  ")) {
            assert!(line.chars().count() < 200, "{words:?}: {line}");
        }
    }
    fail(&dev, HOSTILE, HOSTILE);
    fail(&dev, &long, &long);
    let uuids: Vec<_> = dev
        .json(&["failed"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["uuid"].clone())
        .collect();
    assert!(
        uuids.contains(&Json::from(long)) && uuids.contains(&Json::from(HOSTILE)),
        "{uuids:?}"
    );
}

#[test]
fn a_message_is_inspected_without_a_control_character() {
    let here = tempfile::tempdir().unwrap();
    let body = json!({ "uuid": HOSTILE, "displayName": HOSTILE, "job": HOSTILE, "data": { HOSTILE: HOSTILE } });
    let wrong = json!({ "uuid": HOSTILE, "job": [HOSTILE] });
    std::fs::write(here.path().join("body"), body.to_string()).unwrap();
    std::fs::write(here.path().join("wrong"), wrong.to_string()).unwrap();
    std::fs::write(here.path().join("none"), HOSTILE).unwrap();
    for file in ["body", "wrong", "none", HOSTILE] {
        let words = ["inspect", file];
        let output = hikyaku(here.path(), &words)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_readable(&words, &output);
    }
    let output = hikyaku(here.path(), &["inspect", "body"]).output().unwrap();
    let read: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        read.to_string().contains(&json!(HOSTILE).to_string()),
        "{read:#}"
    );
}

#[test]
fn what_a_function_says_and_a_template_holds_is_only_read() {
    let here = tempfile::tempdir().unwrap();
    let mut words = String::new();
    for letter in HOSTILE.chars() {
        write!(words, "\\U{:08x}", u32::from(letter)).unwrap();
    }
    let template = format!(
        "Resources:\n  \"{words}\":\n    Type: AWS::SQS::Queue\n    Properties: {{ QueueName: \"{words}\", VisibilityTimeout: \"{words}\" }}\n"
    );
    std::fs::write(here.path().join("template.yaml"), template).unwrap();
    for words in [
        &["dev"][..],
        &["doctor"],
        &["doctor", "--json"],
        &["dev", "--template", HOSTILE],
    ] {
        let output = hikyaku(here.path(), words).output().unwrap();
        assert_readable(words, &output);
    }
}
