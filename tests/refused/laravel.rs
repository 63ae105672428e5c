//! Every call to Laravel's tables.

use hikyaku::core::Laravel;
use hikyaku_core::{Lock, Payloads, StoreError, Unlock};
use hikyaku_laravel::overflow::Pointer;
use serde_json::{Value, json};

use super::service::{Answer, Service, cases};
use crate::ledger::{DAY, NOW};

const SUBJECT: &str = "it";

async fn fails_well(action: &str, call: impl AsyncFn(&Laravel) -> Result<(), StoreError>) {
    for case in cases("ThrottlingException") {
        let service = Service::answering([case.answer]).await;
        let error = call(&reach(&service)).await.unwrap_err();
        let found = (error.action, error.retryable);
        assert_eq!(found, (action, case.passes), "{}", case.name);
        assert!(error.subject.contains(SUBJECT), "{}", error.subject);
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(service.requests().len(), 1, "{}", case.name);
    }
}

fn reach(service: &Service) -> Laravel {
    let links = std::collections::BTreeMap::new();
    hikyaku::laravel::reach(&service.config, &service.dynamodb, links).unwrap()
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_is_an_error_of_the_reading() {
    fails_well("reading batch", async |laravel| {
        let batches = laravel.batches.as_ref().unwrap();
        batches.read(SUBJECT).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_cannot_be_finished_is_an_error_of_the_finishing() {
    fails_well("finishing batch", async |laravel| {
        laravel.batches.as_ref().unwrap().finish(SUBJECT, NOW).await
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_cannot_be_cancelled_is_an_error_of_the_cancelling() {
    fails_well("cancelling batch", async |laravel| {
        laravel.batches.as_ref().unwrap().cancel(SUBJECT, NOW).await
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_cannot_be_asked_for_is_neither_taken_nor_held() {
    let lock = Lock {
        key: SUBJECT.to_owned(),
        value: "s:1:\"o\";".to_owned(),
        job: "s:1:\"".to_owned(),
        now: NOW,
        expires: NOW + DAY,
    };
    fails_well("taking lock", async |laravel| {
        let cache = &laravel.cache.as_ref().unwrap().cache;
        cache.lock(&lock).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_cannot_be_given_up_is_an_error_of_that() {
    for value in [None, Some("s:1:\"o\";".to_owned())] {
        let unlock = Unlock {
            key: SUBJECT.to_owned(),
            value,
        };
        fails_well("giving up lock", async |laravel| {
            laravel.cache.as_ref().unwrap().cache.unlock(&unlock).await
        })
        .await;
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_an_error_of_the_reading() {
    fails_well("reading cache entry", async |laravel| {
        let cache = &laravel.cache.as_ref().unwrap().cache;
        cache.get(SUBJECT, NOW).await.map(drop)
    })
    .await;
}

const FETCHING: &str = "fetching the body that a message points to,";

fn pointer(key: &str) -> Pointer {
    let body = json!({ "@pointer": key, "uuid": "it", "job": "j" }).to_string();
    Pointer::parse(&body).unwrap().unwrap()
}

async fn fetch(laravel: &Laravel, pointer: &Pointer) -> Result<String, StoreError> {
    let payloads: &dyn Payloads = &**laravel.payloads.as_ref().unwrap();
    payloads.fetch(pointer, NOW).await
}

#[tokio::test]
async fn a_body_that_cannot_be_fetched_is_an_error_of_the_fetching_wherever_it_is_kept() {
    for key in ["laravel:sqs-payloads:it", "hikyaku:payloads:it:0"] {
        let pointer = pointer(key);
        fails_well(FETCHING, async |laravel| {
            fetch(laravel, &pointer).await.map(drop)
        })
        .await;
    }
}

#[tokio::test]
async fn the_second_piece_of_a_body_that_cannot_be_fetched_is_missed_as_the_first() {
    let first = json!({ "Item": { "b": { "S": "half" }, "c": { "N": "2" } } });
    for (second, passes) in [
        (Answer::error(500, "InternalServerError"), true),
        (Answer::ok(&json!({})), false),
    ] {
        let service = Service::answering([Answer::ok(&first), second]).await;
        let pointer = pointer("hikyaku:payloads:it:0");
        let error = fetch(&reach(&service), &pointer).await.unwrap_err();
        assert_eq!((error.action, error.retryable), (FETCHING, passes));
        assert_eq!(service.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_body_that_is_there_and_is_none_is_an_error_for_good() {
    let pieces = "hikyaku:payloads:it:0";
    let cached = "laravel:sqs-payloads:it";
    let number: Value = json!({ "N": "1" });
    for (key, item) in [
        (pieces, json!({ "c": number })),
        (pieces, json!({ "b": number, "c": number })),
        (pieces, json!({ "b": { "S": "x" } })),
        (pieces, json!({ "b": { "S": "x" }, "c": { "S": "x" } })),
        (cached, json!({ "expires_at": number })),
        (cached, json!({ "value": number })),
    ] {
        let service = Service::answering([Answer::ok(&json!({ "Item": item }))]).await;
        let error = fetch(&reach(&service), &pointer(key)).await.unwrap_err();
        assert_eq!((error.action, error.retryable), (FETCHING, false), "{key}");
    }
}
