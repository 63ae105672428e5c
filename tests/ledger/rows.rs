//! Rows of Laravel's tables, attribute by attribute, as its own drivers write and read them.

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{Buried, End, FailedJob, Fence, Held, Ledger, Place, Timestamp};

use super::contract::{DAY, NOW, claim, row};
use super::dynamodb::{Emulator, item, number, text};

#[tokio::test(flavor = "current_thread")]
async fn a_failed_job_is_a_row_of_laravels_schema() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let held = claim(&ledger, "row", 1).await;
    let end = End::plain(NOW + DAY);
    let fence = ledger.fail(&held, &row("row"), &end).await.unwrap();
    assert_eq!(fence, Fence::Applied);
    let expected = item([
        ("application", text("Laravel")),
        ("uuid", text("row")),
        ("connection", text("sqs")),
        ("queue", text("http://127.0.0.1/000000000000/jobs")),
        (
            "payload",
            text(r#"{"uuid":"row","hikyaku":{"generation":1}}"#),
        ),
        ("exception", text("it broke")),
        ("failed_at", number(NOW.as_secs())),
        ("failed_ms", number(NOW.as_millis())),
        ("job", text("App\\Jobs\\Contract")),
        ("expires_at", number(NOW.as_secs() + 7 * 86_400)),
    ]);
    assert_eq!(emulator.failed_row("row").await, Some(expected));
}

#[tokio::test(flavor = "current_thread")]
async fn a_buried_message_that_is_no_job_has_its_body_beside_the_row() {
    let emulator = Emulator::start().await;
    let buried = FailedJob {
        body: Some("nonsense".to_owned()),
        ..row("nonsense")
    };
    emulator
        .ledger()
        .bury(&buried, Place::OfItsJob)
        .await
        .unwrap();
    let found = emulator.failed_row("nonsense").await.unwrap();
    assert_eq!(found["body"], text("nonsense"));
    assert_eq!(found.len(), 11);
}

#[tokio::test(flavor = "current_thread")]
async fn a_row_knows_the_trace_that_its_job_failed_in() {
    let emulator = Emulator::start().await;
    let header = "Root=1-5e3d83c1-e6a0db584850d61342823d4c;Sampled=1";
    let buried = FailedJob {
        trace: Some(header.to_owned()),
        ..row("traced")
    };
    emulator
        .ledger()
        .bury(&buried, Place::OfItsJob)
        .await
        .unwrap();
    let found = emulator.failed_row("traced").await.unwrap();
    assert_eq!(found["trace"], text(header));
    assert_eq!(found.len(), 11);
}

#[tokio::test(flavor = "current_thread")]
async fn a_row_knows_the_group_that_its_job_came_in_and_its_place_there() {
    let emulator = Emulator::start().await;
    let buried = FailedJob {
        group: Some("tenant".to_owned()),
        sent: Some(Timestamp::from_millis(1_799_999_999_123)),
        ..row("grouped")
    };
    emulator.ledger().bury(&buried, Place::Empty).await.unwrap();
    let found = emulator.failed_row("grouped").await.unwrap();
    assert_eq!(found["message_group"], text("tenant"));
    assert_eq!(found["sent_ms"], number(1_799_999_999_123_u64));
    assert_eq!(found.len(), 12);
}

#[tokio::test(flavor = "current_thread")]
async fn a_row_that_laravel_wrote_is_its_jobs_by_its_payload() {
    let emulator = Emulator::start().await;
    let payload = r#"{"uuid":"php","displayName":"App\\Jobs\\Contract","data":{"commandName":"App\\Jobs\\Contract"}}"#;
    let theirs = [
        ("application", text("Laravel")),
        ("uuid", text("php")),
        ("payload", text(payload)),
        ("failed_at", number(NOW.as_secs())),
    ];
    emulator.put_item("failed_jobs", item(theirs)).await;
    let other = FailedJob {
        job: "App\\Jobs\\Con".to_owned(),
        ..row("php")
    };
    let ledger = emulator.ledger();
    for place in [Place::Empty, Place::OfItsJob] {
        assert_eq!(ledger.bury(&other, place).await.unwrap(), Buried::Taken);
    }
    let there = ledger.bury(&row("php"), Place::Empty).await.unwrap();
    assert_eq!(there, Buried::There);
    let over = ledger.bury(&row("php"), Place::OfItsJob).await.unwrap();
    assert_eq!(over, Buried::Written);
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_that_is_fenced_writes_no_row() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let held = claim(&ledger, "fenced-row", 1).await;
    let zombie = Held { token: 99, ..held };
    let end = End::plain(NOW + DAY);
    let fence = ledger.fail(&zombie, &row("fenced-row"), &end).await;
    assert!(matches!(fence.unwrap(), Fence::Refused(Some(_))));
    assert_eq!(emulator.items("failed_jobs").await, []);
}

#[tokio::test(flavor = "current_thread")]
async fn a_lock_of_a_worker_is_an_item_of_laravels_cache() {
    let emulator = Emulator::start().await;
    let cache = &emulator.laravel().cache.as_ref().unwrap().cache;
    let lock = hikyaku_core::Lock {
        key: "laravel-cache-laravel-queue-overlap:key".to_owned(),
        value: "s:5:\"owner\";".to_owned(),
        job: "s:5:\"own".to_owned(),
        now: NOW,
        expires: NOW + DAY,
    };
    assert!(cache.lock(&lock).await.unwrap());
    let expected = item([
        ("key", text("laravel-cache-laravel-queue-overlap:key")),
        ("value", text("s:5:\"owner\";")),
        ("expires_at", number((NOW + DAY).as_secs())),
    ]);
    assert_eq!(emulator.items("cache").await, [expected]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_number_in_the_cache_is_nobodys_lock_to_take_over_and_no_text() {
    let emulator = Emulator::start().await;
    let cache = &emulator.laravel().cache.as_ref().unwrap().cache;
    let entry = [
        ("key", text("counter")),
        ("value", AttributeValue::N("5".to_owned())),
        ("expires_at", number((NOW + DAY).as_secs())),
    ];
    emulator.put_item("cache", item(entry)).await;
    let lock = hikyaku_core::Lock {
        key: "counter".to_owned(),
        value: "s:5:\"owner\";".to_owned(),
        job: "s:5:\"own".to_owned(),
        now: NOW,
        expires: NOW + DAY,
    };
    assert!(!cache.lock(&lock).await.unwrap());
    assert_eq!(cache.get("counter", NOW).await.unwrap(), None);
}
