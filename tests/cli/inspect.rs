//! `hikyaku inspect` through its binary.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

use crate::process::binaries::folder;

/// The body of the first message of a case, and the whole case.
fn case(name: &str) -> (String, Json) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/laravel");
    let text = std::fs::read_to_string(root.join(format!("{name}.json"))).unwrap();
    let case: Json = serde_json::from_str(&text).unwrap();
    let body = case["messages"][0]["MessageBody"].as_str().unwrap();
    (body.to_owned(), case)
}

/// Runs the command with `text` on its standard input.
fn inspect(text: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(folder().join("hikyaku"))
        .args(["inspect", "-"])
        .args(arguments)
        .env("APP_KEY", "read by nobody")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let written = command.stdin.take().unwrap().write_all(text.as_bytes());
    // Wrong arguments end the command before it reads.
    assert!(written.is_ok() || arguments.len() > 1, "{written:?}");
    command.wait_with_output().unwrap()
}

#[track_caller]
fn shown(output: &Output) -> Json {
    assert!(output.status.success(), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_body_is_shown_as_one_object_with_its_keys_in_order() {
    let body = json!({
        "uuid": "u-1", "job": "import", "maxTries": 3, "backoff": "1,5", "timeout": 60, "data": {"rows": [1, "二"]},
    });
    let output = inspect(&body.to_string(), &[]);
    assert_eq!(said(&output), "");
    assert_eq!(output.status.code(), Some(0));
    let expected = r#"{
  "uuid": "u-1",
  "name": "import",
  "kind": "string",
  "tries": 3,
  "maxExceptions": null,
  "backoff": [
    1,
    5
  ],
  "timeout": 60,
  "retryUntil": null,
  "encrypted": false,
  "chain": [],
  "batchId": null,
  "payload": {
    "rows": [
      1,
      "二"
    ]
  }
}
"#;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_file_is_read_by_its_name() {
    let folder_of_file = tempfile::tempdir().unwrap();
    let file = folder_of_file.path().join("message.json");
    std::fs::write(&file, case("v13/chain3").0).unwrap();
    let mut command = Command::new(folder().join("hikyaku"));
    let shown = shown(&command.arg("inspect").arg(&file).output().unwrap());
    assert_eq!(shown["name"], "App\\Jobs\\Step");
    assert_eq!(shown["kind"], "object");
    assert_eq!(
        shown["chain"],
        json!(["App\\Jobs\\Step", "App\\Jobs\\Step"])
    );
    assert_eq!(shown["payload"]["n"], 1);
    let missing = folder_of_file.path().join("missing.json");
    let output = Command::new(folder().join("hikyaku"))
        .arg("inspect")
        .arg(&missing)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let start = format!("hikyaku: reading {}: ", missing.display());
    assert!(said(&output).starts_with(&start), "{}", said(&output));
}

#[test]
fn an_encrypted_job_shows_its_payload_to_whoever_has_the_key() {
    let (body, case) = case("v13/encrypted_aes_256_gcm");
    let key = case["extra"]["app_key"].as_str().unwrap();
    let payload = json!({"token": "tok日本"});

    let output = inspect(&body, &["--app-key", key, "--cipher", "aes-256-gcm"]);
    assert_eq!(shown(&output)["payload"], payload);
    assert_eq!(shown(&output)["encrypted"], true);

    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&keys, format!("{}\n{key}\n", "n".repeat(32))).unwrap();
    let file = keys.path().to_str().unwrap();
    let output = inspect(&body, &["--app-key-file", file, "--cipher", "AES-256-GCM"]);
    assert_eq!(shown(&output)["payload"], payload);

    let current = "n".repeat(32);
    let output = inspect(
        &body,
        &[
            "--app-key",
            &current,
            "--previous-keys",
            key,
            "--cipher",
            "AES-256-GCM",
        ],
    );
    assert_eq!(shown(&output)["payload"], payload);
}

#[test]
fn without_a_key_an_encrypted_job_shows_what_is_outside_and_says_what_is_missing() {
    let output = inspect(&case("v8/encrypted_aes_256_cbc").0, &[]);
    let shown = shown(&output);
    assert_eq!(shown["name"], "App\\Jobs\\Secret");
    assert_eq!(shown["encrypted"], true);
    assert_eq!(
        (&shown["payload"], &shown["chain"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(
        said(&output),
        "hikyaku: the payload is encrypted: give the application's APP_KEY with --app-key-file FILE or --app-key KEY to \
         see it\n"
    );
}

#[test]
fn a_key_that_does_not_fit_is_refused_and_never_shown() {
    let body = case("v13/encrypted_aes_256_cbc").0;
    let wrong = "w".repeat(32);
    for (arguments, reason) in [
        (
            vec!["--app-key", &wrong],
            "hikyaku: opening the encrypted command of job `App\\Jobs\\Secret`: decrypting: the message cannot be \
             decrypted with the keys given: it was encrypted with another key (give old ones as previous keys), or it \
             was changed\n",
        ),
        (
            vec!["--app-key", &wrong, "--cipher", "AES-256-GCM"],
            "hikyaku: opening the encrypted command of job `App\\Jobs\\Secret`: decrypting: the message has the form of \
             AES-256-CBC, but the cipher is set to AES-256-GCM: set it to what config/app.php of the application says \
             (APP_CIPHER)\n",
        ),
        (
            vec!["--app-key", &wrong, "--cipher", "AES-128-CBC"],
            "hikyaku: the application's key (APP_KEY) has 32 bytes, but AES-128-CBC takes 16: copy it again, or set the \
             cipher to AES-256-CBC if the application does\n",
        ),
    ] {
        let output = inspect(&body, &arguments);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(said(&output), reason);
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_is_not_a_job_says_why_and_what_to_give() {
    let start = "hikyaku: this is not a job that can be shown (give a message's body, a message or an event of SQS, or \
                 the payload of a failed job): ";
    for (text, reason) in [
        ("hush", "decoding a message body: it is not json: "),
        (
            "{\"a\":1}",
            "decoding a message body: key `job` is missing, so it is not a job\n",
        ),
        (
            "{\"@pointer\":\"laravel:sqs-payloads:1\"}",
            "the message body is kept elsewhere (`@pointer`: `laravel:sqs-payloads:1`) and was not fetched from there\n",
        ),
    ] {
        let output = inspect(text, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert!(
            said(&output).starts_with(&format!("{start}{reason}")),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_message_of_sqs_is_shown_by_its_body() {
    let message = json!({"MessageId": "m-1", "Body": case("v13/queued_listener").0});
    let shown = shown(&inspect(&message.to_string(), &[]));
    assert_eq!(shown["kind"], "listener");
    assert_eq!(shown["name"], "App\\Listeners\\SendShipmentNotification");
}

#[test]
fn an_event_shows_each_of_its_records_in_place() {
    let record = |name: &str| json!({"messageId": "m", "body": case(name).0});
    let event = json!({"Records": [record("v13/queued_mailable"), record("v13/closure_signed")]});
    let all = shown(&inspect(&event.to_string(), &[]));
    assert_eq!(
        (&all[0]["kind"], &all[1]["kind"]),
        (&json!("mailable"), &json!("closure"))
    );

    let event = json!({"Records": [{"body": "hush"}, record("v13/queued_mailable")]});
    let output = inspect(&event.to_string(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let some: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(some[0], Json::Null);
    assert_eq!(some[1]["name"], "App\\Mail\\OrderShippedMail");
    let said = said(&output);
    assert!(
        said.starts_with("hikyaku: message 1: decoding a message body: it is not json"),
        "{said}"
    );
    assert!(
        said.ends_with("hikyaku: 1 of 2 messages could not be shown; they are null above\n"),
        "{said}"
    );
}
