//! Any serialized job as the first of a chain: each next message carries its job with the rest of the chain in it.
#![no_main]

use hikyaku_fuzz::fixtures::ENCRYPTERS;
use hikyaku_fuzz::laws::assert_same;
use hikyaku_fuzz::mutate;
use hikyaku_laravel::chain::{LinkMessage, LinkOptions};
use hikyaku_laravel::php::Value;
use hikyaku_laravel::{Envelope, Kind};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::json;

/// The message of a job that Laravel serialized; encrypted where only that can carry its bytes.
fn message(command: &[u8]) -> Option<Envelope> {
    let encrypter = &ENCRYPTERS[0];
    let text = match str::from_utf8(command) {
        Ok(text) => text.to_owned(),
        Err(_) => encrypter.encrypt_command(command, [7; 16]).ok()?,
    };
    let body = json!({
        "uuid": "u-0",
        "displayName": "a job",
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "data": { "commandName": "App\\Jobs\\Step", "command": text },
        "tenant": { "id": 7 },
    });
    let mut envelope = Envelope::parse(&body.to_string()).ok()?;
    envelope.open(Some(encrypter)).ok()?;
    Some(envelope)
}

/// What each link of a chain takes over from the one before it.
const INHERITED: [&str; 3] = ["chainConnection", "chainQueue", "chainCatchCallbacks"];

/// The next job has the rest of the chain, and what all of the chain has in common.
fn has_the_rest(next: Value<'_>, before: Value<'_>) {
    let rest = next.get("chained").expect("the rest of the chain");
    assert!(rest.is_list());
    let chained = before.get("chained").expect("the chain");
    assert_eq!(rest.entries().len() + 1, chained.entries().len());
    for ((_, found), (_, expected)) in rest.entries().zip(chained.entries().skip(1)) {
        assert_same(found, expected);
    }
    for name in INHERITED {
        if let Some(expected) = before.get(name) {
            assert_same(next.get(name).expect("it is inherited"), expected);
        }
    }
}

/// The next message, if there is one. What it holds is checked.
fn next(envelope: &Envelope, step: usize) -> Option<Envelope> {
    let duties = envelope.contents().ok()?.duties().ok()?;
    let link = duties.next?;
    let uuid = format!("u-{step}");
    let body = link.body(&LinkMessage {
        previous: envelope,
        uuid: &uuid,
        created_at: 1_795_408_211,
        options: Some(&LinkOptions {
            tries: Some(3),
            ..LinkOptions::default()
        }),
        encrypter: Some(&ENCRYPTERS[0]),
        random: Some([9; 16]),
    });
    let body = body.expect("a link has a body");
    let mut next = match Envelope::parse_stored(&body) {
        Ok(next) => next,
        Err(error) => panic!("{body} does not read: {error:?}"),
    };
    next.open(Some(&ENCRYPTERS[0])).expect("it opens");
    assert_eq!(next.uuid.as_deref(), Some(&*uuid));
    assert_eq!(next.hops, envelope.hops + 1);
    assert_eq!(next.member("tenant"), Some(r#"{"id":7}"#));
    let Kind::Object {
        command_name,
        command,
        ..
    } = next.kind()
    else {
        panic!("{body} is no object job");
    };
    assert_eq!(*command_name, link.class);
    let Kind::Object {
        command: before, ..
    } = envelope.kind()
    else {
        panic!("it was an object job");
    };
    assert_eq!(
        command.is_encrypted(),
        before.is_encrypted(),
        "a hidden chain stays hidden"
    );
    {
        let contents = next
            .contents()
            .unwrap_or_else(|error| panic!("{body}: {error}"));
        let object = contents.object().expect("it is an object");
        assert_eq!(object.class_name(), Some(&*link.class));
        let remaining = object.get("chained").map(|chained| chained.entries().len());
        assert_eq!(remaining, Some(link.remaining));
        let before = envelope.contents().expect("it was read");
        has_the_rest(object, before.object().expect("it is an object"));
    }
    Some(next)
}

fuzz_target!(|bytes: &[u8]| {
    let Some(first) = message(bytes) else { return };
    let Ok(contents) = first.contents() else {
        return;
    };
    let object = contents.object().expect("it is an object job");
    let length = object
        .get("chained")
        .map_or(0, |chained| chained.entries().len());
    let (mut current, mut step) = (first.clone(), 0);
    while step <= length.min(12)
        && let Some(next) = next(&current, step + 1)
    {
        (current, step) = (next, step + 1);
    }
    assert!(step <= length, "a chain of {length} has come to {step}");
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutate::in_place(data, size, longest, seed, mutate::php)
});
