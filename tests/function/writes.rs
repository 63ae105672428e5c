//! What a job costs, counted at DynamoDB's door.

use std::time::Duration;

use hikyaku::SystemClock;
use hikyaku_core::Clock as _;
use hikyaku_laravel::cache;
use serde_json::{Value, json};

use super::stage::{JOBS, Message, Stage};
use crate::ledger::batches::options;
use crate::ledger::dynamodb::{BATCHES, CACHE, PREFIX, batch_row, item, number, text};

async fn operations_of(job: &str, what: &str) -> Vec<String> {
    let stage = Stage::start().await;
    let payload = serde_json::json!({ "job": job, "data": { "what": what } });
    // How it ends is not the question here.
    let _ = stage.invoke("r-1", &payload.to_string()).await;
    stage.operations.take()
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_may_run_twice_asks_nothing_of_dynamodb() {
    assert_eq!(operations_of("at-least-once", "succeed").await, [""; 0]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_runs_once_costs_two_writes_and_no_read() {
    assert_eq!(
        operations_of("once", "succeed").await,
        ["UpdateItem", "UpdateItem"]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_runs_at_most_once_costs_two_writes_and_no_read() {
    assert_eq!(
        operations_of("at-most-once", "succeed").await,
        ["UpdateItem", "UpdateItem"]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_fails_for_good_costs_its_claim_and_one_transaction() {
    assert_eq!(
        operations_of("once", "fail").await,
        ["UpdateItem", "TransactWriteItems"]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_function_that_knows_of_a_short_visibility_hides_nothing() {
    let stage = Stage::start().await;
    let worker = stage.worker().visibility(Duration::from_secs(120));
    let function = stage.function(worker);
    let body = json!({ "job": "once", "data": { "what": "succeed" } }).to_string();
    let records = [Message::new("m-1", &body).record()];
    let event = json!({ "Records": records }).to_string();
    let deadline = SystemClock.now() + Duration::from_secs(100);
    let answer = function.handle(&event, "request", deadline, None).await;
    assert!(answer.is_ok());
    assert_eq!(stage.operations.hidings(), 0);
    assert_eq!(stage.operations.take(), ["UpdateItem", "UpdateItem"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_message_that_is_no_job_costs_its_row() {
    let stage = Stage::start().await;
    let again = stage.deliver(&[Message::new("m-1", "nonsense")]).await;
    assert_eq!(again, [""; 0]);
    assert_eq!(stage.operations.take(), ["PutItem"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_of_a_batch_is_counted_together_with_its_end_and_its_batch_is_read_once() {
    let stage = Stage::start().await;
    let body = fixture_body("batch3");
    let id = body["data"]["batchId"].as_str().unwrap();
    let row = batch_row(id, 3, &options("v13", "batch3"));
    stage.emulator.put_item(BATCHES, row).await;
    deliver(&stage, &body).await;
    assert_eq!(
        stage.operations.take(),
        ["UpdateItem", "TransactWriteItems", "GetItem"]
    );
    assert_eq!(
        stage.emulator.batch_row(id).await["pending_jobs"],
        number(2)
    );
}

#[tokio::test(flavor = "current_thread")]
async fn the_last_job_of_a_batch_notes_that_and_asks_php_for_its_callbacks_in_one_message() {
    let stage = Stage::start().await;
    let body = fixture_body("batch3");
    let id = body["data"]["batchId"].as_str().unwrap();
    let row = batch_row(id, 1, &options("v13", "batch_callbacks"));
    stage.emulator.put_item(BATCHES, row).await;
    deliver(&stage, &body).await;
    assert_eq!(
        stage.operations.take(),
        [
            "UpdateItem",
            "TransactWriteItems",
            "GetItem",
            "UpdateItem",
            "SendMessage"
        ]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn the_lock_of_a_unique_job_ends_together_with_it() {
    let stage = Stage::start().await;
    let mut body = fixture_body("unique");
    // The fixture's application had its locks in an array.
    let hidden = &mut body["illuminate:log:context"]["hidden"];
    hidden["laravel_unique_job_cache_store"] = json!(cache::serialized("dynamodb"));
    let name = cache::unserialized(hidden["laravel_unique_job_key"].as_str().unwrap()).unwrap();
    let lock = [
        ("key", text(&format!("{PREFIX}{name}"))),
        (
            "value",
            text(hidden["laravel_unique_job_lock_owner"].as_str().unwrap()),
        ),
        ("expires_at", number(1_900_000_000)),
    ];
    stage.emulator.put_item(CACHE, item(lock)).await;
    deliver(&stage, &body).await;
    assert_eq!(
        stage.operations.take(),
        ["UpdateItem", "TransactWriteItems"]
    );
    assert_eq!(stage.emulator.items(CACHE).await, []);
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_must_not_overlap_takes_and_gives_up_its_lock_beside_its_two_writes() {
    let stage = Stage::start().await;
    let mut body = fixture_body("middleware_through");
    // The fixture has a second middleware, which only PHP can do.
    let command = body["data"]["command"].as_str().unwrap();
    let (first, _) = command.split_once("i:1;O:47:").unwrap();
    let command = first.replace("a:2:{i:0;", "a:1:{i:0;") + "}}";
    body["data"]["command"] = json!(command);
    deliver(&stage, &body).await;
    let mut operations = stage.operations.take();
    assert_eq!(operations[..2], ["UpdateItem", "PutItem"]);
    operations.sort_unstable();
    assert_eq!(
        operations,
        ["DeleteItem", "PutItem", "UpdateItem", "UpdateItem"]
    );
    assert_eq!(stage.emulator.items(CACHE).await, []);
}

#[tokio::test(flavor = "current_thread")]
async fn a_link_of_a_chain_costs_one_message_more() {
    let stage = Stage::start().await;
    deliver(&stage, &fixture_body("chain3")).await;
    assert_eq!(
        stage.operations.take(),
        ["UpdateItem", "UpdateItem", "SendMessage"]
    );
    let next = stage.received(JOBS).await;
    assert_eq!(next.len(), 1);
    let next: Value = serde_json::from_str(&next[0].body).unwrap();
    assert_eq!(next["data"]["commandName"], "App\\Jobs\\Step");
}

/// The first message of a case of Laravel 13.
fn fixture_body(case: &str) -> Value {
    let fixture = crate::fixture("v13", case);
    let body = fixture["messages"][0]["MessageBody"].as_str().unwrap();
    serde_json::from_str(body).unwrap()
}

/// Delivers a job that succeeds.
async fn deliver(stage: &Stage, body: &Value) {
    let again = stage
        .deliver(&[Message::new("m-1", &body.to_string())])
        .await;
    assert_eq!(again, [""; 0]);
}
