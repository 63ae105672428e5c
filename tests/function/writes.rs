//! What a job costs, counted at DynamoDB's door.

use super::jobs::Stage;

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
async fn a_message_that_is_no_job_costs_its_row() {
    let stage = Stage::start().await;
    let record = serde_json::json!({
        "messageId": "m-1", "receiptHandle": "h-1", "body": "nonsense",
        "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs"
    });
    let event = serde_json::json!({ "Records": [record] });
    let answer = stage.invoke("r-1", &event.to_string()).await.unwrap();
    assert_eq!(answer, serde_json::json!({ "batchItemFailures": [] }));
    assert_eq!(stage.operations.take(), ["PutItem"]);
}
