//! Every call to SQS.

use hikyaku::core::{Outgoing, Queue, QueueError, Receipt};
use hikyaku::dispatch::{DispatchError, Message, QueueClient};
use hikyaku::{SqsQueue, clients};
use hikyaku_core::Timestamp;
use serde_json::json;

use super::service::{Answer, Service, cases};

/// A queue that asks once.
fn queue(service: &Service, name: &str) -> QueueClient {
    let once = clients::sqs(&service.config).config().to_builder();
    let once = once.retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled());
    QueueClient::with_client(aws_sdk_sqs::Client::from_conf(once.build()), name)
}

fn job() -> Message {
    Message::string_job("j", &json!({})).uuid("u")
}

/// The error below a dispatch that did not reach its queue.
#[track_caller]
fn unsent(sent: Result<String, DispatchError>) -> std::sync::Arc<QueueError> {
    match sent {
        Err(DispatchError::Unsent { source, job, .. }) if job == "j" => source,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_that_is_not_taken_says_whether_it_is_worth_another_try() {
    for case in cases("RequestThrottled") {
        let service = Service::answering([case.answer]).await;
        let url = service.queue();
        let error = unsent(queue(&service, &url).dispatch(job()).await);
        let found = (error.action, error.queue.as_str(), error.retryable);
        let expected = ("sending a message", url.as_str(), case.passes);
        assert_eq!(found, expected, "{}", case.name);
    }
}

#[tokio::test]
async fn a_request_of_many_messages_that_is_not_taken_is_the_error_of_each() {
    for case in cases("RequestThrottled") {
        let service = Service::answering([case.answer]).await;
        let url = service.queue();
        let answers = queue(&service, &url).dispatch_all([job(), job()]).await;
        assert_eq!(answers.len(), 2);
        for answer in answers {
            let error = unsent(answer);
            let found = (error.action, error.retryable);
            assert_eq!(found, ("sending messages", case.passes), "{}", case.name);
        }
        assert_eq!(service.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_queue_that_cannot_be_looked_up_is_named() {
    for case in cases("RequestThrottled") {
        let service = Service::answering([case.answer]).await;
        let error = unsent(queue(&service, "imports").dispatch(job()).await);
        let found = (error.action, error.queue.as_str(), error.retryable);
        let expected = ("looking for the URL", "imports", case.passes);
        assert_eq!(found, expected, "{}", case.name);
    }
}

#[tokio::test]
async fn a_queue_whose_url_is_not_said_is_an_error_for_good() {
    let service = Service::answering([Answer::ok(&json!({}))]).await;
    let error = unsent(queue(&service, "imports").dispatch(job()).await);
    assert!(!error.retryable);
    assert!(hikyaku::explain(&*error).contains("the answer has no URL"));
}

/// The engine's own client repeats by itself what passes; what lasts is asked for once.
async fn lasting(action: &str, call: impl AsyncFn(&SqsQueue, String) -> Result<(), QueueError>) {
    for case in cases("RequestThrottled") {
        if case.passes {
            continue;
        }
        let service = Service::answering([case.answer]).await;
        let sqs = SqsQueue::new(service.config.clone());
        let error = call(&sqs, service.queue()).await.unwrap_err();
        assert_eq!((error.action, error.queue), (action, service.queue()));
        assert!(!error.retryable, "{}", case.name);
        assert_eq!(service.requests().len(), 1, "{}", case.name);
    }
}

#[tokio::test]
async fn a_visibility_that_is_not_changed_is_an_error_that_names_the_queue() {
    lasting("changing a message's visibility", async |sqs, queue| {
        let receipt = Receipt {
            queue,
            handle: "handle".to_owned(),
            received: Timestamp::from_millis(0),
        };
        let second = std::time::Duration::from_secs(1);
        sqs.change_visibility(&receipt, second).await
    })
    .await;
}

#[tokio::test]
async fn so_is_that_of_several() {
    lasting("changing the visibility of messages", async |sqs, queue| {
        let receipt = Receipt {
            queue,
            handle: "handle".to_owned(),
            received: Timestamp::from_millis(0),
        };
        let second = std::time::Duration::from_secs(1);
        sqs.change_visibility_batch(&[receipt], second).await
    })
    .await;
}

#[tokio::test]
async fn a_message_of_the_engine_that_is_not_taken_is_an_error_that_names_the_queue() {
    lasting("sending a message", async |sqs, queue| {
        sqs.send(&Outgoing::new(queue, "{}".to_owned(), "id")).await
    })
    .await;
}
