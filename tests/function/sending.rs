//! Messages that are sent, or cannot be.

use std::time::Duration;

use hikyaku::core::{Outgoing, Queue, Receipt};
use hikyaku::{Config, SqsQueue, Timestamp};
use hikyaku_local::sqs::ReceivedMessage;

use super::stage::{RELAY, Stage};

fn to(queue: &str, config: &Config) -> Outgoing {
    let endpoint = config.sqs_endpoint.as_deref().unwrap();
    Outgoing {
        queue: format!("{endpoint}/000000000000/{queue}"),
        body: "{}".to_owned(),
        delay: Duration::ZERO,
        group: None,
        deduplication: "one".to_owned(),
        trace: None,
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_message_is_sent_to_the_queue_of_its_url() {
    let stage = Stage::start().await;
    let queue = SqsQueue::new(stage.config.clone());
    queue.send(&to(RELAY, &stage.config)).await.unwrap();
    assert_eq!(stage.received(RELAY).await.len(), 1);
    assert_eq!(stage.operations.take(), ["SendMessage"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_message_is_sent_with_the_header_of_its_trace() {
    let header = "Root=1-5e3d83c1-e6a0db584850d61342823d4c;Sampled=1";
    let stage = Stage::start().await;
    let queue = SqsQueue::new(stage.config.clone());
    let message = to(RELAY, &stage.config).in_trace(Some(header));
    queue.send(&message).await.unwrap();
    let received = stage.received(RELAY).await;
    assert_eq!(received[0].attributes["AWSTraceHeader"], header);
}

#[tokio::test(flavor = "current_thread")]
async fn ten_messages_are_hidden_by_one_request_which_says_that_one_of_them_was_not() {
    let stage = Stage::start().await;
    let queue = SqsQueue::new(stage.config.clone());
    for _ in 0..10 {
        queue.send(&to(RELAY, &stage.config)).await.unwrap();
    }
    let received = stage.received(RELAY).await;
    let receipt = |handle: &str| Receipt {
        queue: to(RELAY, &stage.config).queue,
        handle: handle.to_owned(),
        received: Timestamp::from_millis(0),
    };
    let receipts = |received: Vec<ReceivedMessage>| -> Vec<_> {
        let handles = received.iter().map(|one| &one.receipt_handle);
        handles.map(|handle| receipt(handle)).collect()
    };
    let all = receipts(received);
    assert_eq!(all.len(), 10);
    stage.operations.take();
    let hidden = queue.change_visibility_batch(&all, Duration::ZERO);
    hidden.await.unwrap();
    assert_eq!(stage.operations.hidings(), 1);
    let mut receipts = receipts(stage.received(RELAY).await);
    assert_eq!(receipts.len(), 10, "all are back");
    receipts[3] = receipt("of no message");
    let hidden = queue.change_visibility_batch(&receipts, Duration::ZERO);
    let error = hikyaku::explain(&hidden.await.unwrap_err());
    assert!(
        error.starts_with("changing the visibility of messages in queue"),
        "{error}"
    );
    assert!(error.contains("ReceiptHandleIsInvalid"), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_queue_that_is_not_there_will_not_be_there_in_a_second_either() {
    let stage = Stage::start().await;
    let queue = SqsQueue::new(stage.config.clone());
    let error = queue.send(&to("missing", &stage.config)).await.unwrap_err();
    assert!(!error.retryable, "{error:?}");
    assert_eq!(
        stage.operations.take(),
        ["SendMessage"],
        "it is asked for once"
    );
    let error = hikyaku::explain(&error);
    assert!(
        error.starts_with("sending a message in queue `http://")
            && error.contains("/missing`")
            && error.contains("does not exist"),
        "{error}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_service_that_cannot_be_reached_is_worth_another_try() {
    let stage = Stage::start().await;
    // Nobody listens there, and nobody is given it by chance: a port below 1024.
    let config = Config {
        sqs_endpoint: Some("http://127.0.0.1:1".to_owned()),
        ..stage.config.clone()
    };
    let queue = SqsQueue::new(config.clone());
    let error = queue.send(&to(RELAY, &config)).await.unwrap_err();
    assert!(error.retryable, "{error:?}");
}
