//! Any text as a message body: read, opened, filled, sent again with all else to the letter, wrapped, inspected.
#![no_main]

use std::collections::BTreeMap;

use hikyaku_fuzz::fixtures::ENCRYPTERS;
use hikyaku_fuzz::mutate;
use hikyaku_laravel::encrypter::Encrypter;
use hikyaku_laravel::envelope::{MAX_BODY_BYTES, MAX_STORED_BYTES};
use hikyaku_laravel::failed::{malformed_payload, truncate_exception, wrapped_body};
use hikyaku_laravel::inspect::{Inspection, Source};
use hikyaku_laravel::overflow::{OwnPointer, Pointer};
use hikyaku_laravel::{Envelope, Kind};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only whether it fills is of interest")]
struct Payload {
    n: Option<u64>,
    queue: Option<String>,
    #[serde(default)]
    chained: Vec<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

/// The body with another generation differs in that alone. The last number of all is refused: it has no next.
fn sent_again(envelope: &Envelope) {
    for generation in [0, 7, u32::MAX - 1] {
        let body = envelope.with_generation(generation);
        let again = match Envelope::parse_stored(&body) {
            Ok(again) => again,
            Err(error) => panic!("{body} does not read: {error:?}"),
        };
        assert_eq!(again.generation, generation, "{body}");
        let fields = |envelope: &Envelope| {
            let mut same = envelope.clone();
            same.generation = 0;
            format!(
                "{same:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {}",
                same.kind(),
                same.max_tries,
                same.max_exceptions,
                same.backoff,
                same.timeout,
                same.retry_until,
                same.delay,
                same.created_at,
                same.delete_when_missing_models,
                same.attempts,
                same.display_name,
                same.hops,
                same.fail_on_timeout,
            )
        };
        assert_eq!(fields(&again), fields(envelope), "{body}");
        let keys: BTreeMap<String, &serde_json::value::RawValue> =
            serde_json::from_str(envelope.text()).expect("it was read");
        for key in keys.keys().filter(|key| *key != "hikyaku") {
            assert_eq!(again.member(key), envelope.member(key), "`{key}` of {body}");
        }
        assert_eq!(again.with_generation(generation), body, "the second time");
    }
}

/// What is encrypted by us opens to the same contents.
fn encrypted(envelope: &Envelope, encrypter: &Encrypter) {
    let Kind::Object {
        command,
        command_name,
        ..
    } = envelope.kind()
    else {
        return;
    };
    let Some(serialized) = command.serialized() else {
        return;
    };
    let hidden = encrypter
        .encrypt_command(serialized, [7; 16])
        .expect("it is not too long");
    let body = serde_json::json!({
        "job": envelope.job, "data": { "commandName": command_name, "command": hidden },
    });
    let mut again = Envelope::parse_stored(&body.to_string()).expect("we wrote it");
    assert!(again.contents().is_err(), "it is closed");
    again
        .open(Some(encrypter))
        .expect("it was encrypted with this key");
    let payload = |envelope: &Envelope| {
        envelope
            .payload::<Json>()
            .map_err(|error| error.to_string())
    };
    let (before, after) = (payload(envelope), payload(&again));
    // The errors name the job, which a carrier has from its display name.
    assert_eq!(before.is_ok(), after.is_ok());
    if let (Ok(before), Ok(after)) = (before, after) {
        assert_eq!(before, after);
    }
}

fn read(envelope: &mut Envelope, text: &str) {
    assert_eq!(envelope.text(), text);
    sent_again(envelope);
    for encrypter in ENCRYPTERS.iter() {
        if envelope.open(Some(encrypter)).is_ok() {
            break;
        }
    }
    if let Ok(contents) = envelope.contents() {
        let _ = contents.duties();
        let _ = contents.payload::<Payload>();
        let _ = contents.payload::<()>();
        let _ = contents.payload::<Vec<Json>>();
    }
    encrypted(envelope, &ENCRYPTERS[0]);
    let pointer = OwnPointer::new(envelope, "u:1", envelope.generation);
    let body = pointer.to_body();
    assert_eq!(
        Pointer::parse(&body),
        Ok(Some(Pointer::Own(pointer.clone())))
    );
    let resolved = Pointer::Own(pointer.with_generation(9))
        .resolve(text)
        .expect("it was read");
    assert_eq!(resolved.generation, 9);
}

/// A body that is no job is kept whole in the failed store, and comes back from there.
fn wrapped(text: &str) {
    let wrapped = malformed_payload("m-1", text, text);
    if wrapped.len() <= MAX_BODY_BYTES {
        let envelope = Envelope::parse(&wrapped).expect("it is a job");
        assert_eq!(wrapped_body(&envelope).as_deref(), Some(text));
    }
    for limit in [0, 3, 40, 400] {
        assert!(truncate_exception(text, limit).len() <= limit);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    assert!(text.len() <= MAX_STORED_BYTES);
    if let Ok(mut envelope) = Envelope::parse(text) {
        let _ = wrapped_body(&envelope);
        read(&mut envelope, text);
    }
    wrapped(text);
    let _ = Inspection::of(text, None);
    let _ = Inspection::of(text, Some(&ENCRYPTERS[0]));
    let _ = Source::of(text);
    if let Ok(Some(Pointer::Own(pointer))) = Pointer::parse(text) {
        assert_eq!(
            Pointer::parse(&pointer.to_body()),
            Ok(Some(Pointer::Own(pointer)))
        );
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutate::in_place(data, size, longest, seed, mutate::body)
});
