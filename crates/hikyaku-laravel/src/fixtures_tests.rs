//! Real message bodies of three Laravel versions, with PHP's own decoding beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::Duties;
use crate::cache::Era;
use crate::chain::LinkMessage;
use crate::encrypter::{DecryptError, Encrypter};
use crate::envelope::{Envelope, Kind, Unsupported};
use crate::php::{self, Limits, Names};

struct Message {
    case: String,
    version: String,
    body: String,
    fixture: Json,
    case_file: Json,
}

impl Message {
    fn name(&self) -> String {
        format!("{}/{}", self.version, self.case)
    }
}

fn messages() -> Vec<Message> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/laravel");
    let mut messages = Vec::new();
    for version in ["v8", "v10", "v13"] {
        for file in fs::read_dir(Path::new(root).join(version)).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let case: Json = serde_json::from_str(&text).unwrap();
            for fixture in case["messages"].as_array().into_iter().flatten() {
                messages.push(Message {
                    case: case["name"].as_str().unwrap().to_owned(),
                    version: version.to_owned(),
                    body: fixture["MessageBody"].as_str().unwrap().to_owned(),
                    fixture: fixture.clone(),
                    case_file: case.clone(),
                });
            }
        }
    }
    messages
}

/// An enum's backing value is known to PHP from the class; the message does not have it.
fn without_backing_values(json: &mut Json) {
    match json {
        Json::Array(elements) => elements.iter_mut().for_each(without_backing_values),
        Json::Object(members) => {
            if members.contains_key("@enum") {
                members.remove("value");
            }
            members.values_mut().for_each(without_backing_values);
        }
        _ => {}
    }
}

#[track_caller]
fn assert_round_trip(message: &Message, command: &[u8]) {
    let document = php::parse(command, &Limits::default()).unwrap();
    assert_eq!(document.bytes_read(), command.len(), "{}", message.name());
    assert!(
        php::write(document.root()).unwrap() == command,
        "{} is written as it was read",
        message.name()
    );
    for (names, key) in [
        (Names::Plain, "decoded"),
        (Names::Mangled, "decoded_mangled"),
    ] {
        let mut expected = message.fixture[key].clone();
        without_backing_values(&mut expected);
        let json = php::to_inspection_json(document.root(), names).unwrap();
        assert_eq!(json, expected, "{} {key}", message.name());
    }
}

#[test]
fn every_serialized_command_reads_as_php_reads_it_and_is_written_as_php_wrote_it() {
    let mut read = 0;
    for message in messages() {
        let Ok(envelope) = Envelope::parse(&message.body) else {
            continue;
        };
        let Kind::Object { command, .. } = envelope.kind() else {
            continue;
        };
        if !command.is_encrypted() {
            assert_round_trip(&message, command.text().as_bytes());
            read += 1;
        }
    }
    assert_eq!(read, 146);
}

#[test]
fn the_plaintext_of_encrypted_commands_reads_as_php_reads_it_and_is_written_as_php_wrote_it() {
    let mut read = 0;
    for message in messages() {
        if let Some(outer) = message.fixture["decrypted_outer"].as_str() {
            let command: String = php::from_bytes(outer.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(command, message.fixture["decrypted"].as_str().unwrap());
            assert_round_trip(&message, command.as_bytes());
            read += 1;
        }
    }
    assert_eq!(read, 12);
}

fn encrypter(fixture: &Json) -> Encrypter {
    let text = |key: &str| fixture["extra"][key].as_str().unwrap();
    Encrypter::new(text("app_key"), "", text("cipher").parse().unwrap()).unwrap()
}

#[test]
fn an_opened_command_fills_its_type_while_the_text_stays_as_it_was() {
    #[derive(serde::Deserialize)]
    struct Secret {
        token: String,
    }
    let mut opened = 0;
    for message in messages() {
        if message.fixture["decrypted"].is_null() {
            continue;
        }
        let mut envelope = Envelope::parse(&message.body).unwrap();
        envelope.open(Some(&encrypter(&message.case_file))).unwrap();
        assert_eq!(
            envelope.duties(),
            Ok(Duties::default()),
            "{}",
            message.name()
        );
        assert_eq!(envelope.payload::<Secret>().unwrap().token, "tok日本");
        assert_eq!(envelope.text(), message.body);
        let again = Envelope::parse(&envelope.with_generation(1)).unwrap();
        assert!(matches!(again.duties(), Err(Unsupported::Encrypted { .. })));
        opened += 1;
    }
    assert_eq!(opened, 12);
}

#[test]
fn without_the_right_key_a_command_stays_closed() {
    for message in messages() {
        if message.fixture["decrypted"].is_null() {
            continue;
        }
        let mut envelope = Envelope::parse(&message.body).unwrap();
        envelope.open(None).unwrap();
        let wrong = Encrypter::new(
            &"x".repeat(encrypter(&message.case_file).cipher().key_length()),
            "",
            encrypter(&message.case_file).cipher(),
        );
        let refused = envelope.open(Some(&wrong.unwrap())).unwrap_err();
        assert_eq!(refused.source, DecryptError::Refused);
        assert_eq!(
            refused.to_string(),
            "opening the encrypted command of job `App\\Jobs\\Secret`"
        );
        assert_eq!(
            envelope.duties().unwrap_err().to_string(),
            "job `App\\Jobs\\Secret` is encrypted (ShouldBeEncrypted) and there is no key to open it: \
             set HIKYAKU_APP_KEY to the application's APP_KEY"
        );
        assert!(envelope.payload::<Json>().is_err());
    }
}

#[test]
fn every_body_is_an_envelope_or_refused_with_a_reason() {
    let messages = messages();
    assert_eq!(messages.len(), 180);
    let mut refused = BTreeMap::new();
    for message in &messages {
        if let Err(error) = Envelope::parse(&message.body) {
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

/// What a message asks for, in words.
fn summary(asked: &Result<Duties, Unsupported>) -> String {
    let duties = match asked {
        Ok(duties) => duties,
        Err(error) => {
            let debug = format!("refused: {error:?}");
            return debug.split(" {").next().unwrap().to_owned();
        }
    };
    let mut words = Vec::new();
    let mut word = |is, word: &str| {
        if is {
            words.push(word.to_owned());
        }
    };
    word(duties.batch.is_some(), "batch");
    word(duties.chain_callbacks, "chain callbacks");
    word(!duties.overlaps.is_empty(), "overlap");
    word(duties.debounce.is_some(), "debounce");
    if let Some(next) = &duties.next {
        let queue = next.queue.as_deref().unwrap_or("-");
        words.push(format!("{} + {} on {queue}", next.class, next.remaining));
    }
    if let Some(unique) = &duties.unique {
        words.push(format!(
            "unique {} {}",
            unique.name.as_deref().unwrap_or("-"),
            if unique.owner.is_some() {
                "owned"
            } else {
                "free"
            }
        ));
    }
    words.join(", ")
}

#[test]
fn every_message_says_what_it_asks_of_its_worker() {
    let mut found = BTreeMap::new();
    for message in messages() {
        let Ok(envelope) = Envelope::parse(&message.body) else {
            continue;
        };
        let summary = summary(&envelope.duties());
        if !summary.is_empty() {
            *found.entry(summary).or_insert(0) += 1;
        }
    }
    let expected = [
        ("App\\Jobs\\ProcessPodcast + 0 on podcasts", 3),
        ("App\\Jobs\\Step + 1 on -", 3),
        ("batch", 12),
        ("batch, App\\Jobs\\Step + 0 on -", 3),
        ("chain callbacks, App\\Jobs\\Step + 1 on own", 3),
        ("debounce", 1),
        ("refused: Closure", 6),
        ("refused: Encrypted", 12),
        // ThrottlesExceptions beside WithoutOverlapping.
        ("refused: Middleware", 3),
        // Before Laravel 11.39 nothing in a message tells that its job is unique.
        ("unique laravel_unique_job:App\\Jobs\\UniqueJob:77 owned", 1),
        (
            "unique laravel_unique_job:App\\Jobs\\UniqueUntil:fixed owned",
            1,
        ),
    ]
    .map(|(words, count)| (words.to_owned(), count));
    assert_eq!(found, BTreeMap::from(expected));
}

#[test]
fn a_new_generation_changes_nothing_else_in_a_body() {
    for message in messages() {
        let Ok(envelope) = Envelope::parse(&message.body) else {
            continue;
        };
        let body = envelope.with_generation(3);
        let (kept, end) = message.body.split_at(message.body.len() - 1);
        assert_eq!(end, "}");
        assert_eq!(body, format!("{kept},\"hikyaku\":{{\"generation\":3}}}}"));
        assert_eq!(Envelope::parse(&body).unwrap().generation, 3);
    }
}

#[test]
fn the_message_of_a_next_job_is_of_the_same_laravel_as_the_one_before() {
    let mut sent = 0;
    for message in messages() {
        let Ok(envelope) = Envelope::parse(&message.body) else {
            continue;
        };
        let Ok(Duties {
            next: Some(link), ..
        }) = envelope.duties()
        else {
            continue;
        };
        let body = link.body(&LinkMessage {
            previous: &envelope,
            uuid: "next",
            created_at: 1_790_000_000,
            options: None,
            encrypter: None,
            random: None,
        });
        let next = Envelope::parse(&body.unwrap()).unwrap();
        assert_eq!(Era::of(&next), Era::of(&envelope), "{}", message.name());
        sent += 1;
    }
    assert!(sent >= 3, "no fixture has a chain");
}
