//! Keys of the envelope: what is accepted, what is refused, what is kept.

use super::*;

const OBJECT: &str = r#"{"uuid":"u-1","displayName":"App\\Jobs\\Step","job":"Illuminate\\Queue\\CallQueuedHandler@call","maxTries":null,"data":{"commandName":"App\\Jobs\\Step","command":"O:13:\"App\\Jobs\\Step\":1:{s:1:\"n\";i:1;}","batchId":null}}"#;

fn parse(text: &str) -> Envelope {
    Envelope::parse(text).unwrap()
}

/// An envelope with one more key.
fn with(member: &str) -> Result<Envelope, EnvelopeError> {
    Envelope::parse(&format!(r#"{{"job":"import-csv",{member}}}"#))
}

#[track_caller]
fn refused(member: &str, expected: &str) {
    let error = with(member).unwrap_err().to_string();
    assert_eq!(error, format!("decoding a message body: {expected}"));
}

#[test]
fn a_minimal_producer_needs_a_name_and_data() {
    let envelope = parse(r#"{"job":"import-csv","data":{"url":"u"}}"#);
    assert_eq!(envelope.name(), "import-csv");
    assert_eq!(envelope.uuid, None);
    assert_eq!((envelope.generation, envelope.hops), (0, 0));
    let Kind::String { method, data } = envelope.kind() else {
        panic!("no object was sent");
    };
    assert_eq!(method, "fire");
    assert_eq!(data.get(), r#"{"url":"u"}"#);
}

#[test]
fn missing_data_is_null() {
    let Kind::String { data, .. } = parse(r#"{"job":"prune"}"#).kind().clone() else {
        panic!("no object was sent");
    };
    assert_eq!(data.get(), "null");
}

#[test]
fn a_string_job_is_named_by_what_stands_before_the_at() {
    let envelope = parse(r#"{"job":"App\\Jobs\\Import@process"}"#);
    assert_eq!(envelope.name(), "App\\Jobs\\Import");
    assert_eq!(envelope.job, "App\\Jobs\\Import@process");
    let Kind::String { method, .. } = envelope.kind() else {
        panic!("no object was sent");
    };
    assert_eq!(method, "process");
}

#[test]
fn an_object_job_is_named_by_its_class() {
    let envelope = parse(OBJECT);
    assert_eq!(envelope.name(), "App\\Jobs\\Step");
    assert_eq!(envelope.text(), OBJECT);
    let Kind::Object {
        command, batch_id, ..
    } = envelope.kind()
    else {
        panic!("an object was sent");
    };
    assert_eq!(
        command.text(),
        "O:13:\"App\\Jobs\\Step\":1:{s:1:\"n\";i:1;}"
    );
    assert_eq!(batch_id, &None);
    assert_eq!(envelope.into_text(), OBJECT);
}

#[test]
fn an_object_job_without_a_command_name_is_named_by_its_command() {
    let text = OBJECT.replace(r#""commandName":"App\\Jobs\\Step","#, "");
    assert_eq!(parse(&text).name(), "App\\Jobs\\Step");
    let encrypted = text.replace(r"O:13:", "eyJpdiI");
    let error = Envelope::parse(&encrypted).unwrap_err();
    assert!(
        matches!(
            error,
            EnvelopeError::Missing {
                key: "data.commandName"
            }
        ),
        "{error}"
    );
    let damaged = text.replace("O:13:", "O:14:");
    let error = Envelope::parse(&damaged).unwrap_err();
    assert!(
        matches!(error, EnvelopeError::UnreadableCommand(_)),
        "{error}"
    );
}

#[test]
fn an_object_job_needs_data_with_a_command() {
    let job = r#""job":"Illuminate\\Queue\\CallQueuedHandler@call""#;
    for (text, key) in [
        (format!("{{{job}}}"), "data"),
        (format!("{{{job},\"data\":[]}}"), "data"),
        (format!("{{{job},\"data\":{{}}}}"), "data.command"),
    ] {
        let error = Envelope::parse(&text).unwrap_err();
        let EnvelopeError::Missing { key: missing } = error else {
            panic!("{text}: {error}");
        };
        assert_eq!(missing, key);
    }
    let error = Envelope::parse(&format!("{{{job},\"data\":{{\"command\":5}}}}")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "decoding a message body: key `data.command` must be a string, found the number 5"
    );
}

#[test]
fn the_options_of_a_job_are_read() {
    let envelope = with(
        r#""uuid":"u","displayName":"D","maxTries":5,"maxExceptions":3,"failOnTimeout":true,"backoff":"1,5,10",
        "timeout":120,"retryUntil":1893553445,"deleteWhenMissingModels":true,"createdAt":1795408211,"delay":12,
        "attempts":2,"hikyaku":{"generation":4,"hops":1}"#,
    )
    .unwrap();
    assert_eq!(envelope.uuid.as_deref(), Some("u"));
    assert_eq!(envelope.display_name.as_deref(), Some("D"));
    assert_eq!(envelope.max_tries, Some(Tries::from(5)));
    assert_eq!(envelope.max_exceptions, Some(3));
    assert!(envelope.fail_on_timeout);
    assert_eq!(envelope.backoff, Some(vec![1, 5, 10]));
    assert_eq!(envelope.timeout, Some(120));
    assert_eq!(envelope.retry_until, Some(1_893_553_445));
    assert_eq!(envelope.delete_when_missing_models, Some(true));
    assert_eq!(envelope.created_at, Some(1_795_408_211));
    assert_eq!(envelope.delay, Some(12));
    assert_eq!(envelope.attempts, Some(2));
    assert_eq!((envelope.generation, envelope.hops), (4, 1));
}

#[test]
fn absent_and_null_options_are_none() {
    let envelope =
        with(r#""uuid":null,"maxTries":null,"backoff":null,"retryUntil":null,"hikyaku":null"#);
    let envelope = envelope.unwrap();
    assert_eq!(envelope.uuid, None);
    assert_eq!(envelope.max_tries, None);
    assert_eq!(envelope.backoff, None);
    assert_eq!(envelope.retry_until, None);
    assert!(!envelope.fail_on_timeout);
    assert_eq!(envelope.delete_when_missing_models, None);
    assert_eq!(envelope.generation, 0);
}

#[test]
fn zero_tries_are_unlimited_tries() {
    assert_eq!(
        with(r#""maxTries":0"#).unwrap().max_tries,
        Some(Tries::Unlimited)
    );
}

#[test]
fn an_empty_uuid_and_a_zero_retry_until_count_as_absent() {
    let envelope = with(r#""uuid":"","retryUntil":0"#).unwrap();
    assert_eq!((envelope.uuid, envelope.retry_until), (None, None));
}

#[test]
fn backoff_is_read_in_every_form_a_producer_may_write() {
    for (json, seconds) in [
        (r#""7""#, vec![7]),
        (r#""1, 5,10""#, vec![1, 5, 10]),
        (r#""""#, vec![0]),
        ("7", vec![7]),
        ("[1,5]", vec![1, 5]),
        (r#"["1","5"]"#, vec![1, 5]),
        ("[]", vec![0]),
    ] {
        let envelope = with(&format!(r#""backoff":{json}"#)).unwrap();
        assert_eq!(envelope.backoff, Some(seconds), "{json}");
    }
}

#[test]
fn whole_numbers_may_be_strings_of_digits() {
    let envelope = with(r#""maxTries":"3","timeout":"60""#).unwrap();
    assert_eq!(envelope.max_tries, Some(Tries::from(3)));
    assert_eq!(envelope.timeout, Some(60));
}

#[test]
fn a_wrong_type_is_refused_with_the_key_and_what_was_found() {
    let count = "must be a whole number from 0 to 4294967295";
    for (member, expected) in [
        (
            r#""maxTries":"many""#,
            format!("key `maxTries` {count}, found a string"),
        ),
        (
            r#""maxTries":-1"#,
            format!("key `maxTries` {count}, found the number -1"),
        ),
        (
            r#""timeout":1.5"#,
            format!("key `timeout` {count}, found the number 1.5"),
        ),
        (
            r#""delay":[1]"#,
            format!("key `delay` {count}, found an array"),
        ),
        (
            r#""maxExceptions":true"#,
            format!("key `maxExceptions` {count}, found a boolean"),
        ),
        (
            r#""attempts":{}"#,
            format!("key `attempts` {count}, found an object"),
        ),
        (
            r#""hikyaku":{"generation":4294967296}"#,
            format!("key `hikyaku.generation` {count}, found the number 4294967296"),
        ),
    ] {
        refused(member, &expected);
    }
    refused(
        r#""uuid":5"#,
        "key `uuid` must be a string, found the number 5",
    );
    refused(
        r#""failOnTimeout":1"#,
        "key `failOnTimeout` must be a boolean, found the number 1",
    );
    refused(
        r#""hikyaku":5"#,
        "key `hikyaku` must be an object, found the number 5",
    );
    refused(
        r#""retryUntil":"soon""#,
        "key `retryUntil` must be a unix time in whole seconds, found a string",
    );
    for backoff in [r#""1,x""#, "-1", "1.5", "[1,null]", "true", "{}"] {
        assert!(
            with(&format!(r#""backoff":{backoff}"#)).is_err(),
            "{backoff}"
        );
    }
}

#[test]
fn a_body_that_is_no_job_is_refused_with_the_reason() {
    for (text, reason) in [
        ("plain text", "it is not json"),
        ("", "it is not json"),
        (r#"{"job":"a"} trailing"#, "it is not json"),
        ("[1]", "expected a json object, found an array"),
        ("null", "expected a json object, found null"),
        ("{}", "key `job` is missing, so it is not a job"),
        (
            r#"{"job":null}"#,
            "key `job` is missing, so it is not a job",
        ),
        (
            r#"{"job":5}"#,
            "key `job` must be a string, found the number 5",
        ),
        (
            r#"{"job":""}"#,
            "key `job` must be the name of a job, found the string ``",
        ),
        (
            r#"{"job":"@x"}"#,
            "key `job` must be the name of a job, found the string `@x`",
        ),
        (r#"{"job":"\ud800"}"#, "it is not json"),
    ] {
        let error = Envelope::parse(text).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("decoding a message body: {reason}"),
            "{text}"
        );
    }
}

#[test]
fn a_body_longer_than_a_message_can_be_is_refused() {
    let body = |spaces| format!("{{\"job\":\"a\"{}}}", " ".repeat(spaces));
    let most = MAX_BODY_BYTES - body(0).len();
    assert!(Envelope::parse(&body(most)).is_ok());
    let length = MAX_BODY_BYTES + 1;
    let error = Envelope::parse(&body(most + 1)).unwrap_err();
    assert!(
        matches!(error, EnvelopeError::TooLong { length: l, .. } if l == length),
        "{error}"
    );
}

#[test]
fn a_uuid_longer_than_a_key_of_dynamodb_is_refused() {
    let body = |length| format!(r#"{{"job":"a","uuid":"{}"}}"#, "u".repeat(length));
    assert!(Envelope::parse(&body(MAX_UUID_BYTES)).is_ok());
    let error = Envelope::parse(&body(MAX_UUID_BYTES + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "decoding a message body: key `uuid` must be a string of at most 1024 bytes, found one of 1025"
    );
}

#[test]
fn the_depth_of_values_nobody_asks_for_does_not_matter() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let envelope = parse(&format!(r#"{{"job":"a","x":{deep},"data":{deep}}}"#));
    assert_eq!(envelope.member("x"), Some(deep.as_str()));
    assert!(envelope.with_generation(1).contains(&deep));
    assert!(envelope.payload::<serde_json::Value>().is_err());
    assert_eq!(envelope.duties(), Ok(crate::Duties::default()));
    let text = format!(r#"{{"job":"a","hikyaku":{deep}}}"#);
    assert!(Envelope::parse(&text).is_err());
    let text = format!(r#"{{"job":"a","hikyaku":{{"x":{deep}}},"backoff":{deep}}}"#);
    assert!(Envelope::parse(&text).is_err());
}

#[test]
fn unknown_keys_are_kept_and_the_last_of_a_repeated_key_counts() {
    let envelope = with(r#""tenant_id":42,"x":{"a": 1.0},"uuid":"a","uuid":"b""#).unwrap();
    assert_eq!(envelope.member("tenant_id"), Some("42"));
    assert_eq!(envelope.member("x"), Some(r#"{"a": 1.0}"#));
    assert_eq!(envelope.member("y"), None);
    assert_eq!(envelope.uuid.as_deref(), Some("b"));
}

#[test]
fn a_generation_is_added_and_all_else_stays_to_the_letter() {
    let text = "{ \"job\" : \"a\\/b\", \"n\": 1.0,\t\"n\":2e0, \"\\u0078\":\"\\u65e5\" }\n";
    assert_eq!(
        parse(text).with_generation(7),
        "{ \"job\" : \"a\\/b\", \"n\": 1.0,\t\"n\":2e0, \"\\u0078\":\"\\u65e5\" ,\"hikyaku\":{\"generation\":7}}\n"
    );
}

#[test]
fn a_generation_is_replaced_and_our_other_members_stay() {
    for (ours, expected) in [
        (
            r#"{"hops":2,"generation":1,"x":[1]}"#,
            r#"{"hops":2,"generation":9,"x":[1]}"#,
        ),
        (r#"{"hops":2}"#, r#"{"hops":2,"generation":9}"#),
        ("{}", r#"{"generation":9}"#),
        ("[]", r#"{"generation":9}"#),
        ("null", r#"{"generation":9}"#),
    ] {
        let envelope = parse(&format!(r#"{{"job":"a","hikyaku":{ours},"data":1}}"#));
        let body = envelope.with_generation(9);
        assert_eq!(
            body,
            format!(r#"{{"job":"a","hikyaku":{expected},"data":1}}"#)
        );
        assert_eq!(parse(&body).generation, 9);
        assert_eq!(parse(&body).hops, envelope.hops);
    }
}

#[test]
fn debug_output_leaves_the_payload_out() {
    let envelope = parse(r#"{"job":"a","uuid":"u","data":"secret"}"#);
    let debug = format!("{envelope:?} {:?}", envelope.kind());
    assert!(
        debug.contains("\"u\"") && !debug.contains("secret"),
        "{debug}"
    );
    let object = parse(OBJECT);
    let debug = format!("{object:?} {:?}", object.kind());
    assert!(!debug.contains("O:13"), "{debug}");
}
