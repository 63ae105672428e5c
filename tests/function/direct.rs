//! What whoever invokes a function directly is told.

use std::time::Duration;

use serde_json::json;

use super::stage::{JOBS, Message, Stage};

fn job(name: &str, what: &str) -> String {
    json!({ "job": name, "data": { "what": what } }).to_string()
}

#[tokio::test(flavor = "current_thread")]
async fn a_direct_invocation_is_answered_with_the_jobs_output() {
    let stage = Stage::start().await;
    assert_eq!(
        stage.invoke("r-1", &job("once", "succeed")).await,
        Ok(json!("well done"))
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_sample_without_a_uuid_runs_afresh_each_time() {
    let stage = Stage::start().await;
    for request in ["r-1", "r-2"] {
        assert_eq!(
            stage.invoke(request, &job("once", "succeed")).await,
            Ok(json!("well done"))
        );
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_was_done_before_says_so() {
    let stage = Stage::start().await;
    let payload =
        json!({ "uuid": "u-1", "job": "once", "data": { "what": "succeed" } }).to_string();
    stage.invoke("r-1", &payload).await.unwrap();
    let again = stage.invoke("r-2", &payload).await.unwrap();
    assert_eq!(
        again,
        json!({ "job": "once", "id": "u-1", "outcome": "done before" })
    );
}

#[tokio::test(flavor = "current_thread")]
async fn an_error_without_a_queue_to_retry_from_fails_the_invocation() {
    let stage = Stage::start().await;
    let error = stage.invoke("r-1", &job("once", "err")).await.unwrap_err();
    assert_eq!(
        error,
        "job `once` (r-1) released: no route to the mail server"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn an_error_with_a_queue_to_retry_from_is_handed_over_and_told() {
    let stage = Stage::handing_over_to(JOBS).await;
    let payload = json!({ "uuid": "u-1", "job": "once", "data": { "what": "err" } }).to_string();
    let told = stage.invoke("r-1", &payload).await.unwrap();
    assert_eq!(
        told,
        json!({ "job": "once", "id": "u-1", "outcome": "released", "handedOverTo": stage.config.queue_url })
    );
    let [message] = &stage.received(JOBS).await[..] else {
        panic!("not one message")
    };
    assert_eq!(*message.body, payload);
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_handed_over_waits_for_longer_than_its_queue_holds_a_message_back() {
    let stage = Stage::handing_over_to(JOBS).await;
    let payload =
        json!({ "uuid": "u-1", "job": "once", "backoff": "7200", "data": { "what": "err" } });
    stage.invoke("r-1", &payload.to_string()).await.unwrap();
    let sent = stage.sqs.counts(&stage.sqs.queue_by_name(JOBS).unwrap());
    assert_eq!(sent.unwrap().delayed, 1, "it is held back");
    // It arrives after a quarter of an hour, and is hidden again.
    stage.clock.pass(Duration::from_secs(900));
    let message = Message::new("m-1", &payload.to_string());
    assert_eq!(stage.deliver(std::slice::from_ref(&message)).await, ["m-1"]);
    let find = async || stage.emulator.ledger().find("u-1").await.unwrap().unwrap();
    assert_eq!(find().await.record.token, 1, "it has not run");
    stage.clock.pass(Duration::from_secs(6300));
    assert_eq!(stage.deliver(&[message]).await, ["m-1"]);
    let record = find().await.record;
    assert_eq!((record.token, record.tries_spent), (2, 2));
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_handed_over_stays_in_the_trace_of_its_invocation() {
    let header = "Root=1-5e3d83c1-e6a0db584850d61342823d4c;Sampled=0;Lineage=a87bd80c:1";
    let stage = Stage::handing_over_to(JOBS).await;
    let job = job("once", "err");
    let told = stage.invoke_in(Some(header), "r-1", &job).await;
    told.unwrap();
    let [message] = &stage.received(JOBS).await[..] else {
        panic!("not one message")
    };
    assert_eq!(message.attributes["AWSTraceHeader"], header);
}

#[tokio::test(flavor = "current_thread")]
async fn an_error_whose_queue_does_not_take_it_stays_with_the_invocation() {
    let stage = Stage::handing_over_to("missing").await;
    let payload = json!({ "uuid": "u-1", "job": "once", "data": { "what": "err" } }).to_string();
    let error = stage.invoke("r-1", &payload).await.unwrap_err();
    assert_eq!(
        error,
        "job `once` (u-1) released: no route to the mail server"
    );
    // Lambda's own retry is its next attempt.
    let again = stage.invoke("r-2", &payload).await.unwrap_err();
    assert_eq!(again, error);
}

#[tokio::test(flavor = "current_thread")]
async fn lambdas_own_retry_of_a_failed_invocation_is_the_jobs_next_attempt() {
    let stage = Stage::start().await;
    for _ in 0..2 {
        stage.invoke("r-1", &job("once", "err")).await.unwrap_err();
    }
    let third = stage.invoke("r-1", &job("once", "err")).await.unwrap_err();
    assert_eq!(
        third,
        "job `once` (r-1) buried: no route to the mail server"
    );
    let late = stage.invoke("r-1", &job("once", "err")).await.unwrap_err();
    assert!(late.starts_with("job `once` (r-1) failed before"), "{late}");
}

#[tokio::test(flavor = "current_thread")]
async fn what_can_never_succeed_is_buried_and_told() {
    let stage = Stage::start().await;
    let error = stage.invoke("r-1", &job("once", "fail")).await.unwrap_err();
    assert_eq!(error, "job `once` (r-1) buried: the address does not exist");
}

#[tokio::test(flavor = "current_thread")]
async fn an_event_that_is_nothing_known_says_what_is_accepted() {
    let stage = Stage::start().await;
    let error = stage
        .invoke("r-1", r#"{"hello":"world"}"#)
        .await
        .unwrap_err();
    assert!(
        error.starts_with("the event is an object with `hello`; accepted are an SQS event"),
        "{error}"
    );
}
