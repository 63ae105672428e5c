use serde_json::json;

use super::*;
use crate::envelope::{Envelope, EnvelopeError, MAX_BODY_BYTES, Unsupported};

const KEY: &str = "laravel:sqs-payloads:82fbfa2b-bb6b-464e-985b-aa9a2397b0cc";
const BODY: &str = "{\"uuid\":\"u-1\",\"displayName\":\"Long\",\"job\":\"Long@handle\",\"data\":1,\"hikyaku\":{\"generation\":1}}";

fn laravel(key: &str) -> Pointer {
    let key = key.to_owned();
    Pointer::Laravel { key }
}

fn own() -> OwnPointer {
    OwnPointer::new(&Envelope::parse(BODY).unwrap(), "u-1", 2)
}

fn serialized(text: &str) -> String {
    format!("s:{}:\"{text}\";", text.len())
}

#[test]
fn the_pointer_that_laravel_sends_is_found() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/laravel");
    let case = std::fs::read_to_string(format!("{root}/v13/overflow_pointer.json")).unwrap();
    let case: serde_json::Value = serde_json::from_str(&case).unwrap();
    let body = case["messages"][0]["MessageBody"].as_str().unwrap();
    assert_eq!(Pointer::parse(body), Ok(Some(laravel(KEY))));
}

#[test]
fn a_pointer_may_have_other_keys_beside_it() {
    let body = json!({"@pointer": KEY, "tenantId": 7}).to_string();
    assert_eq!(Pointer::parse(&body), Ok(Some(laravel(KEY))));
}

#[test]
fn what_has_no_pointer_in_it_is_none() {
    for body in [
        BODY,
        "",
        "hush",
        "[]",
        "null",
        "{\"@pointer\":1}",
        "{\"@pointer\":null}",
    ] {
        assert_eq!(Pointer::parse(body), Ok(None), "{body}");
    }
}

#[test]
fn our_pointer_is_read_as_it_was_written() {
    let pointer = own();
    assert_eq!(pointer.key(), "hikyaku:payloads:u-1:2");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&pointer.to_body()).unwrap(),
        json!({
            "@pointer": "hikyaku:payloads:u-1:2",
            "uuid": "u-1",
            "displayName": "Long",
            "job": "Long",
            "hikyaku": {"generation": 2},
        })
    );
    assert_eq!(
        Pointer::parse(&pointer.to_body()),
        Ok(Some(Pointer::Own(pointer)))
    );
}

/// What `RetryCommand` of Laravel 8.83 makes of such a row, and what `ListFailedCommand` shows is its `job`.
#[test]
fn our_pointer_is_read_as_artisan_sends_it_again() {
    let body = r#"{"@pointer":"hikyaku:payloads:u-1:2","uuid":"u-1","displayName":"App\\Jobs\\\u65e5\u672c","job":"App\\Jobs\\Long","hikyaku":{"generation":2}}"#;
    let Ok(Some(Pointer::Own(pointer))) = Pointer::parse(body) else {
        panic!("not a pointer of ours");
    };
    assert_eq!(pointer.key(), "hikyaku:payloads:u-1:2");
    assert_eq!(pointer.display_name.as_deref(), Some("App\\Jobs\\日本"));
    assert_eq!((&*pointer.job, pointer.generation), ("App\\Jobs\\Long", 2));
}

#[test]
fn an_identity_with_colons_in_it_stays_whole() {
    let pointer = OwnPointer::new(&Envelope::parse(BODY).unwrap(), "a:7:b", 3);
    assert_eq!(
        Pointer::parse(&pointer.to_body()),
        Ok(Some(Pointer::Own(pointer)))
    );
}

#[test]
fn a_pointer_sent_again_keeps_its_key() {
    let pointer = own().with_generation(5);
    assert_eq!(pointer.key(), own().key());
    let read = Pointer::parse(&pointer.to_body()).unwrap().unwrap();
    assert_eq!(read.resolve(BODY).unwrap().generation, 5);
}

#[test]
fn a_pointer_of_ours_that_was_changed_is_an_error() {
    for key in [
        "hikyaku:payloads:",
        "hikyaku:payloads:u-1",
        "hikyaku:payloads::1",
        "hikyaku:payloads:u-1:x",
        "hikyaku:payloads:u-1:+1",
        "hikyaku:payloads:u-1:4294967296",
    ] {
        let body = json!({"@pointer": key, "job": "Long"}).to_string();
        let key = key.to_owned();
        assert_eq!(Pointer::parse(&body), Err(PointerError::Malformed { key }));
    }
}

#[test]
fn a_pointer_is_never_run_as_a_job() {
    for body in [own().to_body(), json!({"@pointer": KEY}).to_string()] {
        let refused = Envelope::parse(&body).unwrap_err();
        assert!(
            matches!(
                refused,
                EnvelopeError::Unsupported(Unsupported::Overflow { .. })
            ),
            "{refused}"
        );
    }
}

#[test]
fn the_generation_of_our_pointer_wins_and_that_of_the_body_counts_for_laravels() {
    assert_eq!(Pointer::Own(own()).resolve(BODY).unwrap().generation, 2);
    assert_eq!(laravel(KEY).resolve(BODY).unwrap().generation, 1);
}

#[test]
fn a_body_that_is_kept_may_be_longer_than_a_message() {
    let long = "x".repeat(2 * MAX_BODY_BYTES);
    let command = format!("O:1:\"A\":1:{{s:1:\"t\";{}}}", serialized(&long));
    let body = json!({
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "data": {"commandName": "A", "command": command},
    });
    let body = body.to_string();
    assert!(matches!(
        Envelope::parse(&body),
        Err(EnvelopeError::TooLong { .. })
    ));
    let fetched = dynamodb::body_of_item(KEY, &serialized(&body), None, 0).unwrap();
    let envelope = laravel(KEY).resolve(&fetched).unwrap();
    let payload: serde_json::Value = envelope.payload().unwrap();
    assert_eq!(payload["t"], long);
}

#[test]
fn a_body_in_dynamodb_is_read_until_it_expires() {
    assert_eq!(
        dynamodb::item_key("app_cache_", KEY),
        format!("app_cache_{KEY}")
    );
    let value = serialized(BODY);
    let body = |expires_at, now| dynamodb::body_of_item(KEY, &value, expires_at, now);
    assert_eq!(body(Some("1000"), 999).as_deref(), Ok(BODY));
    assert_eq!(body(None, i64::MAX).as_deref(), Ok(BODY));
    for now in [1000, 1001] {
        assert_eq!(
            body(Some("1000"), now).unwrap_err().to_string(),
            format!("reading the body kept under `{KEY}`: it expired at unix time 1000")
        );
    }
    assert!(matches!(
        body(Some("soon"), 0),
        Err(StoredError::NoExpiry { .. })
    ));
}

/// `php -r 'echo sha1("app_cache_laravel:sqs-payloads:82fbfa2b-bb6b-464e-985b-aa9a2397b0cc");'`
const HASH: &str = "76045a02a86481e2dd329525c7514bd733d71048";

#[test]
fn a_body_on_a_disk_lies_under_the_hash_of_its_key() {
    let path = format!("{}/{}/{HASH}", &HASH[..2], &HASH[2..4]);
    let prefix = "app_cache_";
    assert_eq!(storage::object_path("", prefix, KEY), path);
    for directory in ["cache/jobs", "/cache/jobs", "cache/jobs/", "/cache/jobs/"] {
        let trimmed = storage::object_path(directory, prefix, KEY);
        assert_eq!(trimmed, format!("cache/jobs/{path}"), "{directory}");
    }
}

#[test]
fn a_body_on_a_disk_is_read_until_it_expires() {
    let content = format!("1700000000{}", serialized(BODY));
    let body = |now| storage::body_of_object(KEY, content.as_bytes(), now);
    assert_eq!(body(1_699_999_999).as_deref(), Ok(BODY));
    assert!(matches!(
        body(1_700_000_000),
        Err(StoredError::Expired { .. })
    ));
    let for_ever = format!("9999999999{}", serialized(BODY));
    let body = storage::body_of_object(KEY, for_ever.as_bytes(), 4_000_000_000);
    assert_eq!(body.as_deref(), Ok(BODY));
}

#[test]
fn what_laravel_did_not_write_says_what_is_wrong() {
    for content in [
        "",
        "170000000",
        "+700000000s:1:\"x\";",
        "s:1:\"x\";s:1:\"x\";",
    ] {
        let refused = storage::body_of_object(KEY, content.as_bytes(), 0);
        assert!(
            matches!(refused, Err(StoredError::NoExpiry { .. })),
            "{content}"
        );
    }
    for content in ["9999999999", "9999999999x", "9999999999s:9:\"x\";"] {
        let refused = storage::body_of_object(KEY, content.as_bytes(), 0);
        assert!(
            matches!(refused, Err(StoredError::Unreadable { .. })),
            "{content}"
        );
    }
    for content in [&b"9999999999i:1;"[..], b"9999999999s:1:\"\xff\";"] {
        let refused = storage::body_of_object(KEY, content, 0);
        assert!(
            matches!(refused, Err(StoredError::NotABody { .. })),
            "{content:?}"
        );
    }
}
