//! Rows of `job_batches` that are not the usual ones.

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{Batches, End, Fence, Ledger, State};
use hikyaku_laravel::batch::Callback;
use serde_json::Value;

use super::contract::{DAY, NOW, claim, refused, request, row};
use super::dynamodb::{BATCHES, Emulator, Item, batch_row, number, text};
use super::ends::PLAIN_OPTIONS;

fn end_in(batch: &str) -> End {
    End {
        batch: Some(batch.to_owned()),
        ..End::plain(NOW + DAY)
    }
}

fn batches(emulator: &Emulator) -> &dyn Batches {
    &**emulator.laravel().batches.as_ref().unwrap()
}

/// Lets a job fail in the batch, and answers the batch's row.
async fn after_a_failure(emulator: &Emulator, id: &str, batch: &str) -> Item {
    let ledger = emulator.ledger();
    let held = claim(&ledger, id, 1).await;
    let fence = ledger.fail(&held, &row(id), &end_in(batch)).await.unwrap();
    assert_eq!(fence, Fence::Applied);
    emulator.batch_row(batch).await
}

#[tokio::test(flavor = "current_thread")]
async fn a_batchs_row_changes_only_where_laravel_changes_it() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let mut expected = batch_row("b", 3, PLAIN_OPTIONS);
    emulator.put_item(BATCHES, expected.clone()).await;

    let held = claim(&ledger, "good", 1).await;
    ledger.complete(&held, &end_in("b")).await.unwrap();
    expected.insert("pending_jobs".to_owned(), number(2));
    assert_eq!(emulator.batch_row("b").await, expected);

    let found = after_a_failure(&emulator, "bad", "b").await;
    expected.insert("failed_jobs".to_owned(), number(1));
    let ids = AttributeValue::L(vec![text("bad")]);
    expected.insert("failed_job_ids".to_owned(), ids);
    assert_eq!(found, expected);

    batches(&emulator).cancel("b", NOW).await.unwrap();
    for name in ["cancelled_at", "finished_at"] {
        expected.insert(name.to_owned(), number(NOW.as_secs()));
    }
    assert_eq!(emulator.batch_row("b").await, expected);
}

#[tokio::test(flavor = "current_thread")]
async fn a_time_that_is_absent_is_not_set_either() {
    let emulator = Emulator::start().await;
    let mut row = batch_row("b", 0, PLAIN_OPTIONS);
    row.remove("finished_at");
    row.remove("cancelled_at");
    emulator.put_item(BATCHES, row).await;
    let read = batches(&emulator).read("b").await.unwrap().unwrap();
    assert!(!read.cancelled);
    batches(&emulator).finish("b", NOW).await.unwrap();
    batches(&emulator).finish("b", NOW + DAY).await.unwrap();
    let row = emulator.batch_row("b").await;
    assert_eq!(row["finished_at"], number(NOW.as_secs()));
    assert!(!row.contains_key("cancelled_at"));
}

#[tokio::test(flavor = "current_thread")]
async fn a_batch_with_five_thousand_failures_counts_more_of_them_without_their_ids() {
    let emulator = Emulator::start().await;
    let mut row = batch_row("b", 6_000, PLAIN_OPTIONS);
    let id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
    let ids = (0..5_000).map(|number| text(&id(number))).collect();
    row.insert("failed_jobs".to_owned(), number(5_000));
    row.insert("failed_job_ids".to_owned(), AttributeValue::L(ids));
    emulator.put_item(BATCHES, row).await;

    let known = after_a_failure(&emulator, &id(4_321), "b").await;
    assert_eq!(known["failed_jobs"], number(5_000), "it is counted already");
    let more = after_a_failure(&emulator, &id(5_001), "b").await;
    assert_eq!(more["failed_jobs"], number(5_001));
    assert_eq!(more["failed_job_ids"].as_l().unwrap().len(), 5_000);
    let read = batches(&emulator).read("b").await.unwrap().unwrap();
    assert_eq!(read.first_failed, Some(id(0)));
}

#[tokio::test(flavor = "current_thread")]
async fn a_row_that_is_full_before_that_counts_without_ids_too() {
    let emulator = Emulator::start().await;
    // Closures in the options are as long as their source.
    let long = format!("a:1:{{s:4:\"name\";s:409000:\"{}\";}}", "x".repeat(409_000));
    emulator.put_item(BATCHES, batch_row("b", 2, &long)).await;
    let id = "j".repeat(500);
    let found = after_a_failure(&emulator, &id, "b").await;
    assert_eq!(found["failed_jobs"], number(1));
    assert_eq!(found["failed_job_ids"], AttributeValue::L(Vec::new()));
}

#[tokio::test(flavor = "current_thread")]
async fn a_row_that_nobody_can_count_in_does_not_keep_a_job_from_ending() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    for (batch, odd) in [("words", Some(text("two"))), ("nothing", None)] {
        let mut row = batch_row(batch, 2, PLAIN_OPTIONS);
        row.remove("pending_jobs");
        row.extend(odd.map(|odd| ("pending_jobs".to_owned(), odd)));
        emulator.put_item(BATCHES, row.clone()).await;
        let held = claim(&ledger, batch, 1).await;
        let fence = ledger.complete(&held, &end_in(batch)).await.unwrap();
        assert_eq!(fence, Fence::Applied);
        let record = refused(ledger.claim(&request(batch, 2)).await.unwrap());
        assert_eq!(record.state, State::Done);
        assert_eq!(emulator.batch_row(batch).await, row);
        let error = batches(&emulator).read(batch).await.unwrap_err();
        assert!(!error.retryable);
        assert_eq!(error.to_string(), format!("reading batch `{batch}`"));
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "`pending_jobs` is not a number");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_that_laravel_noted_without_an_id_is_no_first_failure() {
    let emulator = Emulator::start().await;
    let mut row = batch_row("b", 2, PLAIN_OPTIONS);
    let ids = AttributeValue::L(vec![AttributeValue::Null(true)]);
    row.insert("failed_job_ids".to_owned(), ids);
    emulator.put_item(BATCHES, row).await;
    let read = batches(&emulator).read("b").await.unwrap().unwrap();
    assert_eq!(read.first_failed, None);
}

#[tokio::test(flavor = "current_thread")]
async fn options_are_read_from_the_rows_of_every_version() {
    let emulator = Emulator::start().await;
    for version in ["v8", "v10", "v13"] {
        for (case, allow_failures, after_all) in [
            ("batch3", true, vec![]),
            (
                "batch_callbacks",
                false,
                vec![Callback::Then, Callback::Finally],
            ),
        ] {
            let name = format!("{version}-{case}");
            let options = options(version, case);
            let row = batch_row(&name, 0, &options);
            emulator.put_item(BATCHES, row).await;
            let batch = batches(&emulator).read(&name).await.unwrap().unwrap();
            assert_eq!(batch.options.allow_failures, allow_failures, "{name}");
            assert_eq!(
                batch.options.after_success(batch.counts),
                after_all,
                "{name}"
            );
        }
    }
}

/// What Laravel wrote into the row of a case's batch.
pub(crate) fn options(version: &str, case: &str) -> String {
    let fixture: Value = crate::fixture(version, case);
    let options = &fixture["extra"]["job_batches_row"]["options"];
    options.as_str().unwrap().to_owned()
}
