//! What a function is handed at the limits of AWS.

use serde_json::json;

use super::stage::{Message, Stage};

/// The most records of one event (AWS Lambda developer guide, "Using Lambda with Amazon SQS", `BatchSize`).
const MOST_RECORDS: usize = 10_000;

fn message(index: usize, job: &str) -> Message {
    // One in a thousand fails.
    let what = if index % 1000 == 7 { "err" } else { "succeed" };
    let body = json!({ "uuid": format!("u-{index}"), "job": job, "data": { "what": what } });
    Message::new(&format!("m-{index}"), &body.to_string())
}

#[tokio::test(flavor = "current_thread")]
async fn an_event_of_ten_thousand_records_is_answered_with_those_that_come_again_and_no_others() {
    let stage = Stage::start().await;
    let messages: Vec<_> = (0..MOST_RECORDS)
        .map(|index| message(index, "at-least-once"))
        .collect();
    let mut again = stage.deliver(&messages).await;
    again.sort_unstable();
    let mut failed: Vec<_> = (0..10)
        .map(|thousand| format!("m-{}", thousand * 1000 + 7))
        .collect();
    failed.sort_unstable();
    assert_eq!(again, failed);
}

#[tokio::test(flavor = "current_thread")]
async fn a_uuid_of_a_thousand_and_twenty_four_bytes_is_recorded_and_a_longer_one_is_buried_as_no_job()
 {
    let stage = Stage::start().await;
    for (length, what) in [(1024, "succeed"), (1024, "fail"), (1025, "succeed")] {
        let uuid = what.chars().cycle().take(length).collect::<String>();
        let body = json!({ "uuid": uuid, "job": "once", "data": { "what": what } }).to_string();
        let message = Message::new(&format!("m-{what}-{length}"), &body);
        let again = stage.deliver(&[message]).await;
        assert_eq!(again, Vec::<String>::new(), "{what} {length}");
        let listed = if length > 1024 {
            "m-succeed-1025"
        } else {
            &*uuid
        };
        let row = stage.emulator.failed_row(listed).await;
        let is_buried = what == "fail" || length > 1024;
        assert_eq!(row.is_some(), is_buried, "{what} {length}");
        if length > 1024 {
            let exception = row.unwrap()["exception"].as_s().unwrap().clone();
            assert!(exception.contains("at most 1024 bytes"), "{exception}");
        }
    }
}
