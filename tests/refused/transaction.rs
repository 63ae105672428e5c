//! Transactions that DynamoDB cancels: the reasons say what becomes of the job's end.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use hikyaku::Writes;
use hikyaku::ledger::DynamoDbLedger;
use hikyaku_core::{End, Fence, Held, Ledger, LedgerError, State};
use serde_json::{Value, json};

use super::service::{Answer, Service};
use crate::ledger::{NOW, row};

/// Cancelled with a reason for each item, in their order.
fn cancelled(reasons: &[&str]) -> Answer {
    let reasons: Vec<Value> = reasons.iter().map(|code| json!({ "Code": code })).collect();
    cancelled_with(&reasons)
}

fn cancelled_with(reasons: &[Value]) -> Answer {
    let reasons = json!({ "CancellationReasons": reasons });
    Answer::error_with(400, "TransactionCanceledException", reasons)
}

fn held() -> Held {
    Held {
        id: "job".to_owned(),
        token: 1,
    }
}

/// An end that writes an item of the job's own and counts in a batch: the transaction has three items, the ledger's first.
fn end() -> End {
    let put = Put::builder()
        .table_name("own")
        .set_item(Some(std::collections::HashMap::new()));
    let put = TransactWriteItem::builder().put(put.build().unwrap());
    End {
        batch: Some("b".to_owned()),
        commit: Some(Writes::of([put.build()]).into()),
        ..End::plain(NOW)
    }
}

async fn completed(answers: Vec<Answer>) -> (Result<Fence, LedgerError>, Vec<Value>) {
    let service = Service::answering(answers).await;
    let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
    let fence = ledger.complete(&held(), &end()).await;
    (fence, service.requests())
}

#[tokio::test]
async fn what_passes_by_itself_is_worth_another_try_whichever_item_it_met() {
    for code in [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ] {
        for place in 0..3 {
            let mut reasons = ["None"; 3];
            reasons[place] = code;
            let (fence, requests) = completed(vec![cancelled(&reasons)]).await;
            let error = fence.unwrap_err();
            assert_eq!((error.operation, error.id.as_str()), ("completion", "job"));
            assert!(error.retryable, "{code} at {place}");
            assert_eq!(requests.len(), 1);
        }
    }
}

#[tokio::test]
async fn another_attempts_item_fences_the_end_whatever_the_other_items_met() {
    let item = json!({
        "s": { "S": "D" }, "a": { "N": "2" }, "n": { "N": "1" }, "g": { "N": "0" }, "x": { "N": "9" },
    });
    let ledger = json!({ "Code": "ConditionalCheckFailed", "Item": item });
    for other in ["None", "ConditionalCheckFailed", "TransactionConflict"] {
        let other = json!({ "Code": other });
        let answer = cancelled_with(&[ledger.clone(), other.clone(), other]);
        let (fence, _) = completed(vec![answer]).await;
        let Fence::Refused(Some(record)) = fence.unwrap() else {
            panic!("not refused")
        };
        assert_eq!((record.state, record.token), (State::Done, 2));
    }
}

#[tokio::test]
async fn a_fence_that_no_ledger_wrote_is_an_error_for_good() {
    let ledger = json!({ "Code": "ConditionalCheckFailed", "Item": { "s": { "S": "?" } } });
    let none = json!({ "Code": "None" });
    let (fence, _) = completed(vec![cancelled_with(&[ledger, none.clone(), none])]).await;
    let error = fence.unwrap_err();
    assert!(!error.retryable);
    assert!(hikyaku::explain(&error).contains("attribute `s`"));
}

#[tokio::test]
async fn what_stands_in_the_jobs_own_way_declines_its_end() {
    for code in [
        "ConditionalCheckFailed",
        "ValidationError",
        "ItemCollectionSizeLimitExceeded",
    ] {
        let (fence, requests) = completed(vec![cancelled(&["None", code, "None"])]).await;
        assert!(matches!(fence, Ok(Fence::Declined(_))), "{fence:?}");
        assert_eq!(requests.len(), 1, "{code}");
    }
}

#[tokio::test]
async fn what_the_ledgers_own_item_met_for_good_declines_an_end_with_writes_and_fails_one_without()
{
    let reason = "ItemCollectionSizeLimitExceeded";
    let (fence, _) = completed(vec![cancelled(&[reason, "None", "None"])]).await;
    assert!(matches!(fence, Ok(Fence::Declined(_))), "{fence:?}");
    let service = Service::answering([cancelled(&[reason, "None"])]).await;
    let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
    let fence = ledger.fail(&held(), &row("job"), &End::plain(NOW)).await;
    let error = fence.unwrap_err();
    assert_eq!((error.operation, error.retryable), ("failure", false));
}

#[tokio::test]
async fn a_batch_that_stands_in_the_way_is_left_out_and_the_rest_is_written() {
    for code in ["ConditionalCheckFailed", "ValidationError"] {
        let answers = vec![cancelled(&["None", "None", code]), Answer::ok(&json!({}))];
        let (fence, requests) = completed(answers).await;
        assert_eq!(fence.unwrap(), Fence::Applied, "{code}");
        let items = requests.iter().map(|request| {
            let items = request["TransactItems"].as_array();
            items.unwrap().len()
        });
        assert_eq!(items.collect::<Vec<_>>(), [3, 2]);
    }
}

#[tokio::test]
async fn a_second_writing_that_fails_is_an_error_like_the_first() {
    let answers = vec![
        cancelled(&["None", "None", "ConditionalCheckFailed"]),
        Answer::error(500, "InternalServerError"),
    ];
    let (fence, requests) = completed(answers).await;
    assert!(fence.unwrap_err().retryable);
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn a_cancellation_without_reasons_is_worth_another_try() {
    let (fence, _) = completed(vec![cancelled(&[])]).await;
    assert!(fence.unwrap_err().retryable);
}
