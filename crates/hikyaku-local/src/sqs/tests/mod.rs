//! The engine in virtual time, and the whole of it behind AWS's own client.

mod attributes;
mod contents;
mod dead_letters;
mod fifo;
mod long_polling;
mod move_tasks;
mod protocol;
mod query;
mod queues;
mod recorded;
mod sdk;
mod standard;
mod visibility;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::TokioClock;

/// Noon of some day, in milliseconds.
pub(super) const NOON_MS: u64 = 1_800_000_000_000;

pub(super) fn sqs() -> Sqs {
    Sqs::new(
        Arc::new(TokioClock::starting_at(NOON_MS)),
        Identity::default(),
    )
}

pub(super) fn attributes<const N: usize>(given: [(&str, &str); N]) -> BTreeMap<String, String> {
    given
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// An SQS with one queue.
pub(super) fn with_queue<const N: usize>(name: &str, given: [(&str, &str); N]) -> (Sqs, QueueName) {
    let sqs = sqs();
    let queue = sqs.create_queue(name, &attributes(given)).unwrap();
    (sqs, queue)
}

pub(super) fn redrive_policy(sqs: &Sqs, target: &QueueName, max_receive_count: u32) -> String {
    let arn = sqs.identity().arn(target);
    format!("{{\"deadLetterTargetArn\":\"{arn}\",\"maxReceiveCount\":{max_receive_count}}}")
}

pub(super) fn send(sqs: &Sqs, queue: &QueueName, body: &str) -> SentMessage {
    sqs.send(SendRequest::new(queue.clone(), body)).unwrap()
}

pub(super) fn fifo_request(queue: &QueueName, group: &str, id: &str, body: &str) -> SendRequest {
    SendRequest {
        message_group_id: Some(group.to_owned()),
        message_deduplication_id: Some(id.to_owned()),
        ..SendRequest::new(queue.clone(), body)
    }
}

/// Sends to a FIFO queue a body that is its own deduplication id.
pub(super) fn send_to_group(sqs: &Sqs, queue: &QueueName, group: &str, body: &str) -> SentMessage {
    sqs.send(fifo_request(queue, group, body, body)).unwrap()
}

pub(super) async fn receive(sqs: &Sqs, queue: &QueueName) -> Vec<ReceivedMessage> {
    sqs.receive(ReceiveRequest::new(queue.clone(), 10))
        .await
        .unwrap()
}

pub(super) async fn receive_one(sqs: &Sqs, queue: &QueueName) -> ReceivedMessage {
    let mut messages = sqs
        .receive(ReceiveRequest::new(queue.clone(), 1))
        .await
        .unwrap();
    assert_eq!(messages.len(), 1, "one message");
    messages.remove(0)
}

pub(super) async fn bodies(sqs: &Sqs, queue: &QueueName) -> Vec<String> {
    receive(sqs, queue)
        .await
        .iter()
        .map(|message| message.body.to_string())
        .collect()
}

pub(super) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

pub(super) fn counts(sqs: &Sqs, queue: &QueueName) -> (usize, usize, usize) {
    let counts = sqs.counts(queue).unwrap();
    (counts.visible, counts.not_visible, counts.delayed)
}
