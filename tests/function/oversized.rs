//! Jobs that are too long for a row of the failed store, or for a message.

use std::fmt::Write;
use std::time::Duration;

use hikyaku_core::StoreError;
use hikyaku_laravel::Envelope;
use hikyaku_laravel::overflow::Pointer;
use serde_json::{Value, json};

use super::jobs::Plan;
use super::stage::{Message, Stage};
use crate::ledger::dynamodb::{CACHE, Item, PREFIX, item, number, text};

/// An item of DynamoDB holds 400 KB, names included.
const LONGEST_ITEM: usize = 400 * 1024;
/// A message of SQS.
const LONGEST_MESSAGE: usize = 1024 * 1024;
const UUID: &str = "69d55c96-b90e-422a-8204-5a57188d6d79";

/// A job of Laravel's that fills a message to the last byte.
fn long_body() -> String {
    // The text's length is written in six digits instead of one.
    let room = LONGEST_MESSAGE - body("").len() - 5;
    // An escaped slash and a character of three bytes.
    let text = "/日".repeat(room / 5) + &"x".repeat(room % 5);
    body(&text)
}

fn body(text: &str) -> String {
    let length = text.len();
    // As PHP writes it.
    let text = text.replace('/', "\\/");
    format!(
        r#"{{"uuid":"{UUID}","displayName":"App\\Jobs\\Step","job":"Illuminate\\Queue\\CallQueuedHandler@call","maxTries":2,"data":{{"commandName":"App\\Jobs\\Step","command":"O:13:\"App\\Jobs\\Step\":2:{{s:1:\"n\";i:1;s:4:\"text\";s:{length}:\"{text}\";}}"}}}}"#
    )
}

/// What `queue:retry` sends: `json_encode(json_decode($payload))`, which escapes slashes and everything that is not ASCII.
fn as_artisan_sends_it_again(payload: &str) -> String {
    let mut text = String::new();
    for letter in payload.replace('/', "\\/").chars() {
        if letter.is_ascii() {
            text.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            write!(text, "\\u{unit:04x}").unwrap();
        }
    }
    text
}

fn size(item: &Item) -> usize {
    let value = |value: &aws_sdk_dynamodb::types::AttributeValue| {
        let text = value.as_s().or_else(|_| value.as_n());
        text.unwrap().len()
    };
    item.iter()
        .map(|(name, found)| name.len() + value(found))
        .sum()
}

/// The payload of a job's failed row, which artisan can list.
async fn listed(stage: &Stage, id: &str) -> String {
    let row = stage.emulator.failed_row(id).await.unwrap();
    assert!(size(&row) < LONGEST_ITEM, "{}", size(&row));
    for table in ["hikyaku", "failed_jobs"] {
        for item in stage.emulator.items(table).await {
            assert!(size(&item) < LONGEST_ITEM, "{table}: {}", size(&item));
        }
    }
    row["payload"].as_s().unwrap().clone()
}

async fn fetch(stage: &Stage, payload: &str) -> Result<String, StoreError> {
    let pointer = Pointer::parse(payload).unwrap().unwrap();
    let payloads = stage.laravel.payloads.as_ref().unwrap();
    payloads
        .fetch(&pointer, hikyaku::core::Clock::now(&*stage.clock))
        .await
}

/// Two attempts that fail; the second comes after the time in which artisan may still forget a row.
async fn fail_twice(stage: &Stage, message: &str, body: &str) {
    let message = Message::new(message, body);
    let again = stage.deliver(std::slice::from_ref(&message)).await;
    assert_eq!(again, [message.id.as_str()]);
    stage.clock.pass(Duration::from_secs(21));
    let again = stage.deliver(&[message.received(2)]).await;
    assert_eq!(again, [""; 0]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_fills_its_message_is_buried_sent_again_and_buried_again() {
    let stage = Stage::with_steps(|_| Plan::FailAlways).await;
    let body = long_body();
    assert_eq!(body.len(), LONGEST_MESSAGE);
    fail_twice(&stage, "m-1", &body).await;
    assert_eq!(
        stage.operations.take().last().map(String::as_str),
        Some("TransactWriteItems")
    );
    let payload = listed(&stage, UUID).await;
    let pointer: Value = serde_json::from_str(&payload).unwrap();
    let expected = json!({
        "@pointer": format!("hikyaku:payloads:{UUID}:1"), "uuid": UUID,
        "displayName": "App\\Jobs\\Step", "job": "App\\Jobs\\Step", "hikyaku": { "generation": 1 },
    });
    assert_eq!(pointer, expected);
    let kept = Envelope::parse(&body).unwrap().with_generation(1);
    assert_eq!(fetch(&stage, &payload).await.unwrap(), kept);

    fail_twice(&stage, "m-2", &as_artisan_sends_it_again(&payload)).await;
    assert_eq!(stage.runs.counts()[&1], (4, 0), "it ran from its pieces");
    let payload = listed(&stage, UUID).await;
    let pointer: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(pointer["hikyaku"]["generation"], 2);
    let kept = Envelope::parse(&body).unwrap().with_generation(2);
    assert_eq!(fetch(&stage, &payload).await.unwrap(), kept);
}

#[tokio::test(flavor = "current_thread")]
async fn a_body_that_fills_its_message_and_is_no_job_comes_back_to_the_letter() {
    let stage = Stage::start().await;
    // Each quotation mark takes two bytes in JSON.
    let body = "\"日".repeat(LONGEST_MESSAGE / 4);
    assert_eq!(body.len(), LONGEST_MESSAGE);
    let again = stage.deliver(&[Message::new("m-1", &body)]).await;
    assert_eq!(again, [""; 0]);
    // Four pieces, and the row.
    assert_eq!(stage.operations.take(), ["PutItem"; 5]);
    let payload = listed(&stage, "m-1").await;
    let wrapping = fetch(&stage, &payload).await.unwrap();
    let wrapping: Value = serde_json::from_str(&wrapping).unwrap();
    assert_eq!(wrapping["data"]["body"], body);

    let sent_again = Message::new("m-2", &as_artisan_sends_it_again(&payload)).received(2);
    assert_eq!(stage.deliver(&[sent_again]).await, [""; 0]);
    let payload = listed(&stage, "m-1").await;
    let wrapping = fetch(&stage, &payload).await.unwrap();
    let wrapping: Value = serde_json::from_str(&wrapping).unwrap();
    assert_eq!(wrapping["data"]["body"], body, "it is wrapped once");
}

#[tokio::test(flavor = "current_thread")]
async fn pieces_that_are_gone_are_missed_by_their_name() {
    let stage = Stage::start().await;
    let payload = json!({ "@pointer": "hikyaku:payloads:gone:1", "uuid": "gone", "job": "Step" });
    let error = fetch(&stage, &payload.to_string()).await.unwrap_err();
    assert!(!error.retryable);
    assert_eq!(
        hikyaku::explain(&error),
        "fetching the body that a message points to, `hikyaku:payloads:gone:1`: it is not in the ledger's table any more"
    );
}

/// As `DynamoDbStore::put` writes it.
async fn put_into_the_cache(stage: &Stage, key: &str, value: &str, expires: u64) {
    let entry = [
        ("key", text(&format!("{PREFIX}{key}"))),
        ("value", text(value)),
        ("expires_at", number(expires)),
    ];
    stage.emulator.put_item(CACHE, item(entry)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_laravel_put_into_its_cache_runs_from_there() {
    let stage = Stage::start().await;
    let key = format!("laravel:sqs-payloads:{UUID}");
    let body = body("日本");
    let value = hikyaku_laravel::cache::serialized(&body);
    put_into_the_cache(&stage, &key, &value, 4_000_000_000).await;
    let pointer = json!({ "@pointer": key }).to_string();
    let again = stage.deliver(&[Message::new("m-1", &pointer)]).await;
    assert_eq!(again, [""; 0]);
    assert_eq!(stage.runs.counts()[&1], (1, 1));
    assert_eq!(
        stage.operations.take(),
        ["GetItem", "UpdateItem", "UpdateItem"]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_not_in_the_cache_any_more_is_buried_with_the_reason() {
    let stage = Stage::start().await;
    put_into_the_cache(&stage, "old", "s:2:\"{}\";", 1_000).await;
    put_into_the_cache(&stage, "list", "a:0:{}", 4_000_000_000).await;
    put_into_the_cache(&stage, "odd", "s:9:\"", 4_000_000_000).await;
    for (key, reason) in [
        ("old", "expired"),
        ("list", "there is something else than text"),
        ("odd", "it is not a serialized value"),
        ("none", "it is not in the cache table `cache`"),
    ] {
        let pointer = json!({ "@pointer": key }).to_string();
        let again = stage.deliver(&[Message::new(key, &pointer)]).await;
        assert_eq!(again, [""; 0]);
        let row = stage.emulator.failed_row(key).await.unwrap();
        let exception = row["exception"].as_s().unwrap();
        assert!(exception.contains(reason), "{key}: {exception}");
        assert_eq!(row["body"], text(&pointer), "it can be sent again as it is");
    }
}
