//! What a job commits through `Writes`, on DynamoDB.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use hikyaku::Writes;
use hikyaku_core::memory::Notes;
use hikyaku_core::{ClaimReply, Commit, End, Fence, Held, Ledger, Replace, State};

use super::contract::{DAY, LEASE, NOW, claim, refused, request};
use super::dynamodb::{BATCHES, Emulator, batch_row, item, number, text};

/// The job's own items; any table does.
const OWN: &str = "own";

/// Counts one up, so that it shows how often it was written.
fn count(id: &str) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(BATCHES)
        .key("application", text(OWN))
        .key("id", text(id))
        .update_expression("ADD written :one")
        .expression_attribute_values(":one", number(1));
    let update = update.build().unwrap();
    TransactWriteItem::builder().update(update).build()
}

/// An item that must not be there yet.
fn new(id: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(BATCHES)
        .item("application", text(OWN))
        .item("id", text(id))
        .condition_expression("attribute_not_exists(id)");
    let put = put.build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn end(writes: impl IntoIterator<Item = TransactWriteItem>) -> End {
    End {
        commit: Some(Writes::of(writes).into()),
        ..End::plain(NOW + DAY)
    }
}

async fn written(emulator: &Emulator, id: &str) -> Option<String> {
    let key = [("application", OWN), ("id", id)];
    let found = emulator.item(BATCHES, &key).await?;
    Some(found["written"].as_n().unwrap().clone())
}

async fn state(ledger: &dyn Ledger, id: &str) -> State {
    refused(ledger.claim(&request(id, 99)).await.unwrap()).state
}

#[track_caller]
fn declined(fence: Fence) -> String {
    match fence {
        Fence::Declined(reason) => reason,
        other => panic!("not declined: {other:?}"),
    }
}

#[track_caller]
fn refused_state(fence: Fence) -> State {
    match fence {
        Fence::Refused(Some(record)) => record.state,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_a_job_commits_is_written_once_and_with_its_end() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let held = claim(&ledger, "a", 1).await;
    let end = end([count("x"), new("y")]);
    assert_eq!(written(&emulator, "x").await, None);
    assert_eq!(ledger.complete(&held, &end).await.unwrap(), Fence::Applied);
    // Again, as when the answer was lost: it is done, although the job's own condition does not hold any more either.
    let again = ledger.complete(&held, &end).await.unwrap();
    assert_eq!(refused_state(again), State::Done);
    assert_eq!(written(&emulator, "x").await.as_deref(), Some("1"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_commit_whose_condition_does_not_hold_is_declined_and_nothing_is_written() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    emulator
        .put_item(BATCHES, batch_row("b", 1, "a:0:{}"))
        .await;
    let taken = item([("application", text(OWN)), ("id", text("taken"))]);
    emulator.put_item(BATCHES, taken).await;
    let held = claim(&ledger, "a", 1).await;
    for batch in [None, Some("b".to_owned()), Some("gone".to_owned())] {
        let end = End {
            batch,
            ..end([count("x"), new("taken")])
        };
        let reason = declined(ledger.complete(&held, &end).await.unwrap());
        assert!(reason.contains("ConditionalCheckFailed"), "{reason}");
        assert_eq!(written(&emulator, "x").await, None);
        assert_eq!(state(&ledger, "a").await, State::Running);
        let batch = emulator.batch_row("b").await;
        assert_eq!(batch["pending_jobs"].as_n().unwrap(), "1");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_commit_is_one_with_the_batchs_counter_and_does_without_a_batch_that_is_gone() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    emulator
        .put_item(BATCHES, batch_row("b", 1, "a:0:{}"))
        .await;
    for (id, batch) in [("a", "b"), ("c", "gone")] {
        let held = claim(&ledger, id, 1).await;
        let end = End {
            batch: Some(batch.to_owned()),
            ..end([count(id)])
        };
        assert_eq!(ledger.complete(&held, &end).await.unwrap(), Fence::Applied);
        assert_eq!(written(&emulator, id).await.as_deref(), Some("1"), "{id}");
    }
    let batch = emulator.batch_row("b").await;
    assert_eq!(batch["pending_jobs"].as_n().unwrap(), "0");
}

#[tokio::test(flavor = "current_thread")]
async fn an_attempt_that_was_overtaken_commits_nothing() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let zombie = claim(&ledger, "a", 1).await;
    let late = NOW + LEASE * 2;
    let mut rival = request("a", 2);
    (rival.now, rival.lease) = (late, late + LEASE);
    let seen = refused(ledger.claim(&rival).await.unwrap());
    let crashed = ledger.replace(&rival, &seen, Replace::Crashed).await;
    let ClaimReply::Granted(grant) = crashed.unwrap() else {
        panic!("refused")
    };
    let token = grant.token;
    let id = "a".to_owned();
    let end = end([count("x")]);
    let fence = ledger.complete(&zombie, &end).await.unwrap();
    assert_eq!(refused_state(fence), State::Running);
    assert_eq!(written(&emulator, "x").await, None);
    let fence = ledger.complete(&Held { id, token }, &end).await.unwrap();
    assert_eq!(fence, Fence::Applied);
    assert_eq!(written(&emulator, "x").await.as_deref(), Some("1"));
}

#[tokio::test(flavor = "current_thread")]
async fn what_dynamodb_cannot_carry_out_at_all_is_declined() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let held = claim(&ledger, "a", 1).await;
    // One item twice is not a transaction; nor is what is not in DynamoDB's terms.
    let twice = end([count("x"), count("x")]);
    declined(ledger.complete(&held, &twice).await.unwrap());
    let notes = Notes(vec![("x".to_owned(), "1".to_owned())]);
    let foreign = End {
        commit: Some(Commit::new(notes)),
        ..End::plain(NOW + DAY)
    };
    let reason = declined(ledger.complete(&held, &foreign).await.unwrap());
    assert!(reason.contains("`Writes`"), "{reason}");
    assert_eq!(written(&emulator, "x").await, None);
    assert_eq!(state(&ledger, "a").await, State::Running);
}
