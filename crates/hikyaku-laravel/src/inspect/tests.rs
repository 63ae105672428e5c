use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::encrypter::DecryptError;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/laravel");

struct Case {
    name: String,
    file: Json,
    message: Json,
    body: String,
}

impl Case {
    fn encrypter(&self) -> Option<Encrypter> {
        let text = |key: &str| self.file["extra"][key].as_str();
        let (key, cipher) = text("app_key").zip(text("cipher"))?;
        Some(Encrypter::new(key, "", cipher.parse().unwrap()).unwrap())
    }

    fn inspect(&self) -> Result<Inspection, InspectError> {
        Inspection::of(&self.body, self.encrypter().as_ref())
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for version in ["v8", "v10", "v13"] {
        for file in std::fs::read_dir(Path::new(ROOT).join(version)).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let file: Json = serde_json::from_str(&text).unwrap();
            for message in file["messages"].as_array().into_iter().flatten() {
                cases.push(Case {
                    name: format!("{version}/{}", file["name"].as_str().unwrap()),
                    file: file.clone(),
                    message: message.clone(),
                    body: message["MessageBody"].as_str().unwrap().to_owned(),
                });
            }
        }
    }
    cases
}

fn case(name: &str) -> Case {
    let mut cases = cases().into_iter();
    cases.find(|case| case.name == name).unwrap()
}

/// PHP's own decoding, with its marks of classes and enums taken out; no fixture has an array that looks like one.
fn plain(decoded: &Json) -> Json {
    match decoded {
        Json::Object(members) if members.contains_key("@enum") => members["case"].clone(),
        Json::Object(members) => members
            .iter()
            .filter(|(key, _)| *key != "@class")
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        Json::Array(elements) => elements.iter().map(plain).collect(),
        scalar => scalar.clone(),
    }
}

#[test]
fn every_payload_shows_what_php_decoded() {
    let mut shown = 0;
    for case in cases() {
        let Ok(inspection) = case.inspect() else {
            continue;
        };
        if !case.message["decoded"].is_null() {
            let payload = inspection.payload.unwrap();
            assert_eq!(payload, plain(&case.message["decoded"]), "{}", case.name);
            shown += 1;
        }
    }
    assert_eq!(shown, 158);
}

#[test]
fn every_message_shows_what_its_body_states() {
    let mut shown = 0;
    for case in cases() {
        let Ok(inspection) = case.inspect() else {
            continue;
        };
        let body: Json = serde_json::from_str(&case.body).unwrap();
        let inspection = serde_json::to_value(inspection).unwrap();
        for (key, stated) in [
            ("uuid", "uuid"),
            ("tries", "maxTries"),
            ("maxExceptions", "maxExceptions"),
            ("timeout", "timeout"),
            ("retryUntil", "retryUntil"),
        ] {
            assert_eq!(inspection[key], body[stated], "{} {key}", case.name);
        }
        let backoff = body["backoff"].as_str().map(|text| {
            let seconds = text.split(',').map(|text| text.parse::<u32>().unwrap_or(0));
            seconds.collect::<Vec<_>>()
        });
        assert_eq!(inspection["backoff"], json!(backoff), "{}", case.name);
        // Laravel shows a job under the class inside, unless the job says otherwise.
        if inspection["kind"] != "string" && !case.name.ends_with("/options_all") {
            assert_eq!(inspection["name"], body["displayName"], "{}", case.name);
        }
        shown += 1;
    }
    assert_eq!(shown, 173);
}

#[test]
fn what_is_not_a_job_says_why() {
    let mut refused = BTreeMap::new();
    for case in cases() {
        if let Err(error) = case.inspect() {
            *refused.entry(error.to_string()).or_insert(0) += 1;
        }
    }
    let expected = [
        ("decoding a message body: it is not json", 3),
        (
            "decoding a message body: key `job` is missing, so it is not a job",
            3,
        ),
        (
            "the message body is kept elsewhere (`@pointer`: \
             `laravel:sqs-payloads:82fbfa2b-bb6b-464e-985b-aa9a2397b0cc`) and was not fetched from there",
            1,
        ),
    ];
    let expected = expected.map(|(reason, count)| (reason.to_owned(), count));
    assert_eq!(refused, BTreeMap::from(expected));
}

#[test]
fn kinds_are_told_apart() {
    let kind = |name: &str| {
        let inspection = case(name).inspect().unwrap();
        (inspection.kind, inspection.name)
    };
    for (name, expected, inside) in [
        ("v13/plain_scalars", InspectedKind::Object, None),
        ("v13/string_job", InspectedKind::String, None),
        (
            "v8/queued_listener",
            InspectedKind::Listener,
            Some("App\\Listeners\\SendShipmentNotification"),
        ),
        (
            "v10/queued_mailable",
            InspectedKind::Mailable,
            Some("App\\Mail\\OrderShippedMail"),
        ),
        (
            "v13/queued_notification",
            InspectedKind::Notification,
            Some("App\\Notifications\\InvoicePaid"),
        ),
        (
            "v13/closure_signed",
            InspectedKind::Closure,
            Some("Closure (closures.php:20)"),
        ),
    ] {
        let (kind, found) = kind(name);
        assert_eq!(kind, expected, "{name}");
        if let Some(inside) = inside {
            assert_eq!(found, inside, "{name}");
        }
    }
}

/// A body with an object job; `command` is what `serialize()` writes.
fn body(class: &str, command: &str) -> String {
    json!({
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "displayName": "Shown",
        "data": {"commandName": class, "command": command},
    })
    .to_string()
}

#[test]
fn a_broadcast_event_goes_by_its_own_class() {
    let class = "Illuminate\\Broadcasting\\BroadcastEvent";
    let command = |property: &str| format!("O:38:\"{class}\":1:{{s:5:\"event\";{property}}}");
    for (property, name) in [("O:1:\"E\":0:{}", "E"), ("N;", "Shown")] {
        let inspection = Inspection::of(&body(class, &command(property)), None).unwrap();
        assert_eq!(inspection.kind, InspectedKind::Broadcast);
        assert_eq!(inspection.name, name);
    }
}

#[test]
fn a_chain_shows_the_classes_that_follow() {
    let classes = |name: &str| case(name).inspect().unwrap().chain.unwrap();
    assert_eq!(
        classes("v13/chain3"),
        ["App\\Jobs\\Step", "App\\Jobs\\Step"]
    );
    assert_eq!(classes("v8/with_chain"), ["App\\Jobs\\ProcessPodcast"]);
    assert_eq!(classes("v13/plain_scalars"), [""; 0]);
    assert_eq!(classes("v13/string_job"), [""; 0]);
}

#[test]
fn encrypted_links_are_opened_with_the_key() {
    let encrypter =
        Encrypter::new(&"k".repeat(32), "", crate::encrypter::Cipher::default()).unwrap();
    let link = encrypter
        .encrypt_command(b"O:1:\"B\":0:{}", [7; 16])
        .unwrap();
    let string = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let command = format!(
        "O:1:\"A\":1:{{s:7:\"chained\";a:4:{{i:0;{}i:1;{}i:2;{}i:3;N;}}}}",
        string("O:1:\"C\":0:{}"),
        string(&link),
        string("O:9:\"C"),
    );
    let chain = |encrypter| {
        Inspection::of(&body("A", &command), encrypter)
            .unwrap()
            .chain
            .unwrap()
    };
    assert_eq!(
        chain(Some(&encrypter)),
        ["C", "B", "unreadable", "unreadable"]
    );
    assert_eq!(chain(None), ["C", "encrypted", "unreadable", "unreadable"]);
}

#[test]
fn without_a_key_what_is_outside_is_shown() {
    for cipher in ["aes_128_cbc", "aes_256_cbc", "aes_128_gcm", "aes_256_gcm"] {
        let case = case(&format!("v13/encrypted_{cipher}"));
        let inspection = Inspection::of(&case.body, None).unwrap();
        assert!(inspection.is_closed());
        assert_eq!(inspection.name, "App\\Jobs\\Secret");
        assert_eq!(inspection.kind, InspectedKind::Object);
        assert_eq!((inspection.chain, inspection.payload), (None, None));
        let opened = case.inspect().unwrap();
        assert!(opened.encrypted && !opened.is_closed());
        assert_eq!(opened.payload, Some(json!({"token": "tok日本"})));
        assert_eq!(opened.chain, Some(Vec::new()));
    }
}

#[test]
fn a_wrong_key_is_an_error() {
    let case = case("v13/encrypted_aes_256_cbc");
    let wrong = Encrypter::new(&"x".repeat(32), "", crate::encrypter::Cipher::default()).unwrap();
    let error = Inspection::of(&case.body, Some(&wrong)).unwrap_err();
    let InspectError::Open(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.source, DecryptError::Refused);
}

#[test]
fn a_batch_is_found_outside_and_inside() {
    for name in ["v8/batch3", "v13/batch3"] {
        let case = case(name);
        let batch_id = case.message["decoded"]["batchId"].as_str().unwrap();
        assert_eq!(case.inspect().unwrap().batch_id.as_deref(), Some(batch_id));
    }
}

#[test]
fn a_cycle_is_shown_as_one() {
    let payload = case("v13/bag_refs").inspect().unwrap().payload.unwrap();
    assert_eq!(
        payload["data"]["cycle"]["next"]["next"],
        json!({"@cycle": true})
    );
    assert_eq!(payload["data"]["same1"], payload["data"]["same2"]);
}

#[test]
fn an_array_that_looks_like_a_mark_stays_as_it_is() {
    let command = "O:1:\"A\":1:{s:1:\"a\";a:2:{s:5:\"@enum\";s:1:\"E\";s:6:\"@class\";s:1:\"C\";}}";
    let inspection = Inspection::of(&body("A", command), None).unwrap();
    let expected = json!({"a": {"@enum": "E", "@class": "C"}});
    assert_eq!(inspection.payload, Some(expected));
}

#[test]
fn the_keys_are_in_order_and_tries_without_limit_are_zero() {
    let body = json!({"job": "import", "maxTries": 0, "backoff": "1,5", "data": {"b": 1}});
    let inspection = Inspection::of(&body.to_string(), None).unwrap();
    assert_eq!(
        serde_json::to_string(&inspection).unwrap(),
        "{\"uuid\":null,\"name\":\"import\",\"kind\":\"string\",\"tries\":0,\"maxExceptions\":null,\"backoff\":[1,5],\
         \"timeout\":null,\"retryUntil\":null,\"encrypted\":false,\"chain\":[],\"batchId\":null,\"payload\":{\"b\":1}}"
    );
}

#[test]
fn payloads_nested_too_deeply_are_refused() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let text = format!("{{\"job\":\"deep\",\"data\":{deep}}}");
    assert!(matches!(
        Inspection::of(&text, None),
        Err(InspectError::Data(_))
    ));
    let command = format!(
        "O:1:\"A\":1:{{s:1:\"a\";{}N;{}}}",
        "a:1:{i:0;".repeat(200),
        "}".repeat(200)
    );
    let refused = Inspection::of(&body("A", &command), None);
    assert!(matches!(refused, Err(InspectError::Payload { .. })));
}

#[test]
fn bodies_are_found_in_what_people_have_at_hand() {
    let body = "{\"job\":\"a\",\"Records\":[]}";
    let one = |text: &str| Ok(Source::One(text.to_owned()));
    let many = |bodies: &[&str]| {
        Ok(Source::Many(
            bodies.iter().map(|&body| body.to_owned()).collect(),
        ))
    };
    for (text, source) in [
        (body.to_owned(), one(body)),
        ("hush".to_owned(), one("hush")),
        ("[]".to_owned(), one("[]")),
        ("{\"Body\":1}".to_owned(), one("{\"Body\":1}")),
        (
            json!({"MessageId": "m", "Body": body}).to_string(),
            one(body),
        ),
        (json!({"body": body}).to_string(), one(body)),
        (
            json!({"Records": [{"body": body}, {"body": "x"}]}).to_string(),
            many(&[body, "x"]),
        ),
        (
            json!({"Messages": [{"Body": body}]}).to_string(),
            many(&[body]),
        ),
        (json!({"Records": []}).to_string(), many(&[])),
        (
            json!({"Records": [{"body": body}, {"s3": {}}]}).to_string(),
            Err(SourceError::NoBody {
                list: "Records",
                number: 2,
            }),
        ),
    ] {
        assert_eq!(Source::of(&text), source, "{text}");
    }
}
