//! A batch whose every message is delivered twice and more is counted as if each had come once.
//!
//! The bodies and options are Laravel 13's. The row is seeded as `DynamoBatchRepository` leaves it after a dispatch:
//! Debian's Laravel is older than that driver, so that it cannot be asked to write one.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use fastrand::Rng;
use hikyaku_local::sqs::SendRequest;
use serde_json::Value;

use super::jobs::Plan;
use super::stage::{JOBS, Message, RELAY, Stage};
use crate::ledger::batches::options;
use crate::ledger::dynamodb::{BATCHES, batch_row, number, text};

const JOBS_OF_BATCH: i64 = 100;
const BATCH: &str = "a34a9add-0000-4000-8000-000000000000";

fn uuid(job: i64) -> String {
    format!("69d55c96-b90e-422a-8204-{job:012}")
}

/// The fixture's first message, as the n-th of a larger batch.
fn body(job: i64) -> String {
    let fixture = crate::fixture("v13", "batch3");
    let body = fixture["messages"][0]["MessageBody"].as_str().unwrap();
    let mut body: Value = serde_json::from_str(body).unwrap();
    let batch = body["data"]["batchId"].as_str().unwrap().to_owned();
    body["uuid"] = uuid(job).into();
    body["data"]["batchId"] = BATCH.into();
    let command = body["data"]["command"].as_str().unwrap();
    let command = command.replace(&batch, BATCH);
    body["data"]["command"] = command
        .replace(r#"s:1:"n";i:1;"#, &format!(r#"s:1:"n";i:{job};"#))
        .into();
    body.to_string()
}

/// Sends the batch's messages and receives them.
async fn dispatch(stage: &Stage) -> Vec<Message> {
    let row = batch_row(BATCH, JOBS_OF_BATCH, &options("v13", "batch_callbacks"));
    stage.emulator.put_item(BATCHES, row).await;
    let queue = stage.sqs.queue_by_name(JOBS).unwrap();
    for job in 0..JOBS_OF_BATCH {
        let request = SendRequest::new(queue.clone(), body(job));
        stage.sqs.send(request).unwrap();
    }
    let received = stage.received(JOBS).await;
    received.into_iter().map(Message::from).collect()
}

/// Delivers each message twice, in an order of chance and two invocations at a time, and what is given back again.
async fn deliver_twice(stage: &Stage, messages: &[Message], order: &mut Rng) {
    let mut waiting = [messages, messages].concat();
    let mut rounds = 0;
    while !waiting.is_empty() {
        rounds += 1;
        assert!(
            rounds < 100,
            "{} messages come again and again",
            waiting.len()
        );
        order.shuffle(&mut waiting);
        let delivered = std::mem::take(&mut waiting);
        for pair in delivered.chunks(20) {
            let (one, other) = pair.split_at(pair.len() / 2);
            let given_back = futures_util::join!(stage.deliver(one), stage.deliver(other));
            for (delivered, given_back) in [(one, given_back.0), (other, given_back.1)] {
                // A message that came twice in one invocation is given back twice, or only as the one that waits.
                for id in given_back {
                    let message = delivered.iter().find(|message| message.id == id).unwrap();
                    let receives = message.receives + 1;
                    waiting.push(message.clone().received(receives));
                }
            }
        }
    }
}

/// For each callback the ids under which PHP was asked for it.
async fn asked_for(stage: &Stage) -> BTreeMap<String, BTreeSet<String>> {
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for message in stage.received(RELAY).await {
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!(body["data"]["batchId"], BATCH);
        for callback in body["data"]["callbacks"].as_array().unwrap() {
            let text = |name: &str| callback[name].as_str().unwrap().to_owned();
            asked.entry(text("name")).or_default().insert(text("id"));
        }
    }
    asked
}

#[tokio::test(flavor = "current_thread")]
async fn a_batch_of_a_hundred_jobs_is_counted_once_however_often_its_messages_come() {
    let fail_some_first = |job| match job % 7 {
        0 => Plan::FailFirst,
        _ => Plan::Succeed,
    };
    let mut order = Rng::with_seed(20_261_123);
    let stage = Stage::with_steps(fail_some_first).await;
    let messages = dispatch(&stage).await;
    assert_eq!(messages.len(), 100);

    deliver_twice(&stage, &messages, &mut order).await;
    let row = stage.emulator.batch_row(BATCH).await;
    assert_eq!(row["pending_jobs"], number(0));
    assert_eq!(row["failed_jobs"], number(0));
    assert_eq!(row["failed_job_ids"], AttributeValue::L(Vec::new()));
    assert_eq!(row["cancelled_at"], AttributeValue::Null(true));
    assert!(row["finished_at"].is_n());
    for (job, (begun, succeeded)) in stage.runs.counts() {
        let attempts = if job % 7 == 0 { 2 } else { 1 };
        assert_eq!((begun, succeeded), (attempts, 1), "step {job}");
    }

    // A completion that were recorded again would be recorded with another time.
    stage.clock.pass(std::time::Duration::from_mins(1));
    deliver_twice(&stage, &messages, &mut order).await;
    assert_eq!(stage.emulator.batch_row(BATCH).await, row);
    let counts = stage.runs.counts();
    assert_eq!(counts.len(), 100);
    assert!(counts.values().all(|(_, succeeded)| *succeeded == 1));

    let once = |callback: &str| {
        let id = format!("{BATCH}:{callback}");
        (callback.to_owned(), BTreeSet::from([id]))
    };
    let expected = BTreeMap::from([once("then"), once("finally")]);
    assert_eq!(asked_for(&stage).await, expected);
    let done = stage.emulator.items("hikyaku").await;
    assert_eq!(done.len(), 100);
    assert!(done.iter().all(|record| record["s"] == text("D")));
    assert_eq!(stage.emulator.items("failed_jobs").await, []);
}
