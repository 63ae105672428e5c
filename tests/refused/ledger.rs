//! Every call of the ledger.

use hikyaku::ledger::DynamoDbLedger;
use hikyaku_core::{
    ClaimReply, End, FailedJob, Fence, Held, Ledger, LedgerError, Place, Record, Release, Replace,
    State,
};
use serde_json::json;

use super::service::{Answer, Service, cases};
use crate::ledger::{DAY, LEASE, NOW, request, row};

const THROTTLED: &str = "ProvisionedThroughputExceededException";

/// Makes the call once for everything that may be answered: the error names the operation and the job, has the cause, and
/// says whether it passes.
async fn fails_well(operation: &str, call: impl AsyncFn(&dyn Ledger) -> Result<(), LedgerError>) {
    for case in cases(THROTTLED) {
        let service = Service::answering([case.answer]).await;
        let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
        let error = call(&ledger).await.unwrap_err();
        let found = (error.operation, error.id.as_str(), error.retryable);
        assert_eq!(found, (operation, "job", case.passes), "{}", case.name);
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(service.requests().len(), 1, "{}", case.name);
    }
}

fn held() -> Held {
    Held {
        id: "job".to_owned(),
        token: 1,
    }
}

fn record(state: State) -> Record {
    Record {
        state,
        token: 1,
        tries_spent: 1,
        generation: 0,
        lease: NOW,
        owner: 1,
        alone: false,
        checkpoint: None,
        exceptions: 0,
        last_error: None,
        reopened: None,
        not_before: None,
        expires: NOW + DAY,
        job: None,
        side: None,
        side_before: None,
    }
}

#[tokio::test]
async fn a_claim_that_is_not_answered_is_an_error_of_the_claim() {
    fails_well("claim", async |ledger| {
        ledger.claim(&request("job", 1)).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn so_is_a_claim_of_what_crashed_failed_or_expired() {
    for (state, why) in [
        (State::Running, Replace::Crashed),
        (State::Failed, Replace::Reopened),
        (State::Done, Replace::Expired),
    ] {
        fails_well("claim", async |ledger| {
            let (request, seen) = (request("job", 1), record(state));
            ledger.replace(&request, &seen, why).await.map(drop)
        })
        .await;
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_not_answered_is_an_error_of_the_checkpoint() {
    fails_well("checkpoint", async |ledger| {
        ledger.save(&held(), "{}").await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_heartbeat_that_is_not_answered_is_an_error_of_the_heartbeat() {
    fails_well("heartbeat", async |ledger| {
        ledger.extend(&held(), NOW + LEASE).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_release_that_is_not_answered_is_an_error_of_the_release() {
    let release = Release {
        tries_spent: 1,
        exceptions: 1,
        ..Release::default()
    };
    fails_well("release", async |ledger| {
        ledger.release(&held(), &release).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_completion_that_is_not_answered_is_an_error_of_the_completion() {
    fails_well("completion", async |ledger| {
        ledger.complete(&held(), &End::plain(NOW)).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn so_is_one_that_counts_in_a_batch() {
    let end = End {
        batch: Some("b".to_owned()),
        ..End::plain(NOW)
    };
    fails_well("completion", async |ledger| {
        ledger.complete(&held(), &end).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_failure_that_is_not_answered_is_an_error_of_the_failure() {
    fails_well("failure", async |ledger| {
        let end = End::plain(NOW);
        ledger.fail(&held(), &row("job"), &end).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_burial_that_is_not_answered_is_an_error_of_the_burial() {
    fails_well("burial", async |ledger| {
        ledger.bury(&row("job"), Place::OfItsJob).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn so_is_one_in_pieces() {
    let long = FailedJob {
        payload: json!({ "uuid": "job", "job": "j", "data": "x".repeat(400_000) }).to_string(),
        ..row("job")
    };
    fails_well("burial", async |ledger| {
        ledger.bury(&long, Place::Empty).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_early_is_nobodys_error() {
    for case in cases(THROTTLED) {
        let service = Service::answering([case.answer]).await;
        let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
        ledger.connect().await;
        assert_eq!(service.requests().len(), 1, "{}", case.name);
    }
}

#[tokio::test]
async fn an_answer_that_grants_a_claim_without_its_item_is_an_error_for_good() {
    let service = Service::answering([Answer::ok(&json!({}))]).await;
    let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
    let error = ledger.claim(&request("job", 1)).await.unwrap_err();
    assert!(!error.retryable);
    let said = hikyaku::explain(&error);
    assert!(said.contains("attribute `s`"), "{said}");
}

/// The answer to a write whose condition did not hold.
fn refused(more: serde_json::Value) -> Answer {
    Answer::error_with(400, "ConditionalCheckFailedException", more)
}

#[tokio::test]
async fn a_refusal_that_shows_what_no_ledger_wrote_is_an_error_for_good() {
    for item in [
        json!({ "s": { "S": "R" } }),
        json!({ "s": { "S": "?" }, "a": { "N": "1" } }),
        json!({ "s": { "S": "R" }, "a": { "S": "one" } }),
    ] {
        let service = Service::answering([refused(json!({ "Item": item }))]).await;
        let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
        for error in [
            ledger.claim(&request("job", 1)).await.unwrap_err(),
            ledger.extend(&held(), NOW).await.unwrap_err(),
        ] {
            assert!(!error.retryable);
            let said = hikyaku::explain(&error);
            assert!(said.contains("not as it was written"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_shows_nothing_says_that_there_is_nothing() {
    let service = Service::answering([refused(json!({}))]).await;
    let ledger = DynamoDbLedger::new(service.dynamodb.clone(), &service.config);
    let claimed = ledger.claim(&request("job", 1)).await.unwrap();
    assert_eq!(claimed, ClaimReply::Refused(None));
    let fence = ledger.extend(&held(), NOW).await.unwrap();
    assert_eq!(fence, Fence::Refused(None));
}
