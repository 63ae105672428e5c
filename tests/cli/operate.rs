//! A job fails, is found, read, mended, retried and done: through the binary, on the cloud of `hikyaku dev`.

use std::fs;
use std::process::Command;

use serde_json::Value as Json;

use super::dev::{Dev, code, error};
use crate::process::binaries::folder;

#[tokio::test]
async fn a_failed_job_is_found_read_mended_and_retried() {
    let dev = Dev::start().await;
    let uuid = dev.break_a_job("late.csv");

    let listed = dev.says(&["failed"]);
    assert!(
        listed.contains(&uuid) && listed.contains("there is no such object"),
        "{listed}"
    );
    let row = &dev.json(&["failed", "--queue", "imports", "--since", "1h"])[0];
    assert_eq!(
        (&row["uuid"], &row["job"]),
        (
            &Json::from(uuid.as_str()),
            &Json::from(r"App\Jobs\ImportCsv")
        )
    );
    assert_eq!(
        dev.json(&["failed", "--job", "another"]),
        Json::from(Vec::<Json>::new())
    );
    let shown = dev.says(&["show", &uuid]);
    assert!(
        shown.contains("state       failed") && shown.contains("1 in this generation"),
        "{shown}"
    );

    assert!(
        dev.says(&["retry", &uuid, "--dry-run"])
            .contains("would be sent to imports")
    );
    assert_eq!(dev.json(&["show", &uuid])["state"], "failed");

    fs::copy(dev.stage.path("numbers.csv"), dev.stage.path("late.csv")).unwrap();
    assert!(dev.says(&["retry", &uuid]).contains("sent to imports"));
    let done = dev.until(&["show", &uuid], |job| job["state"] == "done");
    assert_eq!(
        (&done["ledger"]["generation"], &done["ledger"]["tries"]),
        (&Json::from(1), &Json::from(1))
    );
    assert_eq!(done["failed"], Json::Null);
    assert_eq!(dev.says(&["failed"]), "No failed jobs.\n");
    dev.stage.assert_each_row_once().await;

    let again = dev.run(&["retry", &uuid]);
    assert_eq!(code(&again), Some(3));
    assert!(String::from_utf8_lossy(&again.stdout).contains("no failed job has this uuid"));
}

#[tokio::test]
async fn failed_jobs_are_retried_together_and_deleted_by_uuid_by_age_and_all() {
    let dev = Dev::start().await;
    let [one, two] = ["one.csv", "two.csv"].map(|file| dev.break_a_job(file));

    let unnamed = dev.run(&["retry"]);
    assert_eq!(code(&unnamed), Some(2));
    let both = dev.json(&["retry", "all", "--dry-run"]);
    let results: Vec<_> = both
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| &answer["result"])
        .collect();
    assert_eq!(results, ["would send", "would send"]);

    assert_eq!(dev.says(&["forget", &one]), format!("{one}  forgotten\n"));
    assert_eq!(code(&dev.run(&["forget", &one])), Some(3));
    assert_eq!(
        dev.says(&["prune-failed", "--hours", "1"]),
        "0 failed jobs deleted.\n"
    );
    let asked = dev.run(&["flush"]);
    assert_eq!(code(&asked), Some(1));
    assert!(error(&asked).contains("say --yes"), "{}", error(&asked));
    assert_eq!(dev.json(&["failed"])[0]["uuid"], *two);
    assert_eq!(dev.says(&["flush", "--yes"]), "1 failed job deleted.\n");
    assert_eq!(dev.json(&["failed"]), Json::from(Vec::<Json>::new()));
}

#[tokio::test]
async fn queues_are_watched_cleared_paused_and_resumed() {
    let dev = Dev::start().await;
    let waiting = |queue: &str| {
        let queues = dev.json(&["monitor"])["queues"].as_array().unwrap().clone();
        let queue = queues.into_iter().find(|found| found["name"] == queue);
        queue.unwrap()["waiting"].clone()
    };
    dev.says(&["dispatch", "nobody", "--queue", "idle"]);
    assert_eq!(waiting("idle"), 1);
    assert!(
        dev.says(&["monitor", "idle"])
            .contains("idle   1        0        0")
    );
    assert_eq!(code(&dev.run(&["clear", "idle"])), Some(1));
    dev.says(&["clear", "idle", "--yes"]);
    assert_eq!(waiting("idle"), 0);

    let nobody = dev.run(&["pause", "idle"]);
    assert_eq!(code(&nobody), Some(3));
    assert_eq!(
        dev.says(&["pause", "imports"]),
        "imports -> import-csv: Disabling\n"
    );
    let data =
        serde_json::json!({"url": dev.stage.url("numbers.csv"), "table": "numbers"}).to_string();
    let uuid = dev.says(&[
        "dispatch",
        r"App\Jobs\ImportCsv",
        "--queue",
        "Imports",
        "--data",
        &data,
    ]);
    assert_eq!(waiting("imports"), 1);
    assert_eq!(dev.json(&["show", uuid.trim()])["state"], "unknown");
    assert_eq!(
        dev.says(&["resume", "imports"]),
        "imports -> import-csv: Enabling\n"
    );
    dev.until(&["show", uuid.trim()], |job| job["state"] == "done");
    dev.stage.assert_each_row_once().await;
}

#[tokio::test]
async fn an_event_is_sent_as_it_is_written() {
    let dev = Dev::start().await;
    let event = serde_json::json!({
        "uuid": "twice",
        "job": r"App\Jobs\ImportCsv",
        "data": {"url": dev.stage.url("none.csv"), "table": "numbers"},
    });
    fs::write(dev.stage.path("event.json"), event.to_string()).unwrap();
    let sent = dev.says(&["dispatch", "--event", "event.json", "--queue", "imports"]);
    assert_eq!(sent, "twice\n");
    let job = dev.until(&["show", "twice"], |job| job["state"] == "failed");
    assert_eq!(job["failed"]["job"], r"App\Jobs\ImportCsv");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let dev = Dev::start().await;
    let event = r#"{"job": "a", "data": {}, "maxTries": 3}"#;
    fs::write(dev.stage.path("event.json"), event).unwrap();
    for (arguments, says) in [
        (
            &["dispatch", "--event", "event.json", "--queue", "idle"][..],
            "event.json is not an event that can be sent: unknown field `maxTries`",
        ),
        (
            &["dispatch", "a", "--queue", "nowhere"],
            "the local cloud has no queue `nowhere`; it has ",
        ),
        (&["dispatch", "a"], "say --queue QUEUE"),
        (
            &["dispatch", "a", "--queue", "idle", "--data", "{"],
            "are not JSON",
        ),
        (
            &["dispatch", "a", "--queue", "idle", "--file", "none.json"],
            "reading none.json (give a file that exists",
        ),
        (
            &["failed", "--failed-table", "none"],
            "are these the right tables?",
        ),
        (
            &["show", "a", "--ledger-table", "none"],
            "are these the right tables?",
        ),
    ] {
        let output = dev.run(arguments);
        assert_eq!(code(&output), Some(1), "{arguments:?}");
        assert!(
            error(&output).contains(says),
            "{arguments:?}: {}",
            error(&output)
        );
    }
}

#[tokio::test]
async fn without_a_local_cloud_it_is_said_how_to_start_one() {
    let folder_of_nobody = tempfile::TempDir::new().unwrap();
    let failed = |arguments: &[&str]| {
        Command::new(folder().join("hikyaku"))
            .args(arguments)
            .current_dir(&folder_of_nobody)
            .env_remove("AWS_ACCESS_KEY_ID")
            .env("PATH", "")
            .output()
            .unwrap()
    };
    let none = failed(&["failed", "--local"]);
    assert_eq!(code(&none), Some(1));
    assert!(
        error(&none).contains("start `hikyaku dev`"),
        "{}",
        error(&none)
    );
    let no_keys = failed(&["failed"]);
    assert!(
        error(&no_keys).contains("name a profile of the AWS CLI with --profile"),
        "{}",
        error(&no_keys)
    );

    let state = folder_of_nobody.path().join("gone.json");
    fs::write(
        &state,
        r#"{"variables": {}, "lambda": "http://127.0.0.1:1", "queues": []}"#,
    )
    .unwrap();
    let gone = failed(&["failed", "--local=gone.json"]);
    assert!(
        error(&gone).contains("does not answer at http://127.0.0.1:1 any more"),
        "{}",
        error(&gone)
    );
}
