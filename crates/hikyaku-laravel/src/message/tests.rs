use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::{ObjectJob, ObjectJobError, Options, Stamp, StringJob};
use crate::Envelope;
use crate::encrypter::{Cipher, Encrypter};
use crate::envelope::{Kind, Tries};
use crate::php::{BuildError, Bytes, Limits, ObjectBuilder, Value, parse};

/// What Laravel 13 sent, but for what PHP writes otherwise: slashes, and a delay that is stated even where there is
/// none.
fn laravels(case: &str) -> (String, String, i64) {
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/laravel/v13"
    );
    let text = fs::read_to_string(Path::new(root).join(format!("{case}.json"))).unwrap();
    let fixture: Json = serde_json::from_str(&text).unwrap();
    let body = fixture["messages"][0]["MessageBody"].as_str().unwrap();
    let envelope = Envelope::parse(body).unwrap();
    let body = body.replace("\\/", "/").replace(",\"delay\":null}", "}");
    (body, envelope.uuid.unwrap(), envelope.created_at.unwrap())
}

fn stamp(uuid: &str, created_at: i64) -> Stamp<'_> {
    Stamp {
        uuid,
        created_at,
        hops: 0,
        random: None,
    }
}

fn podcast(id: i32, title: &'static str, price: f64) -> ObjectBuilder<'static> {
    ObjectBuilder::new("App\\Jobs\\ProcessPodcast")
        .public("podcastId", id)
        .public("title", title)
        .public("publish", true)
        .public("price", price)
}

#[test]
fn a_string_job_is_what_laravel_sends_to_the_letter() {
    let (laravels, uuid, created_at) = laravels("string_job");
    let job = StringJob::new("App\\Jobs\\StringJob@process")
        .with_uuid(uuid)
        .with_created_at(created_at);
    let data = json!({ "invoice": 1, "list": [1, 2], "s": "日本" });
    assert_eq!(job.body(&data).unwrap(), laravels);
}

#[test]
fn an_object_job_is_what_laravel_sends_to_the_letter() {
    let (laravels, uuid, created_at) = laravels("plain_scalars");
    let job = ObjectJob::new(podcast(42, "Hello \"world\" / \\ tab\t", 9.99))
        .delete_when_missing_models(false);
    let body = job.body(&Options::default(), &stamp(&uuid, created_at));
    assert_eq!(body.unwrap(), laravels);
}

#[test]
fn a_chain_travels_in_its_first_job_as_laravel_packs_it() {
    let (laravels, uuid, created_at) = laravels("with_chain");
    let first = ObjectBuilder::new("App\\Jobs\\Step")
        .public("n", 1)
        .public("queue", "podcasts")
        // Where Laravel puts it; without it the chain would be the last property.
        .public("chained", None::<i64>)
        .public("chainQueue", "podcasts");
    let job = ObjectJob::new(first)
        .chain([podcast(1, "c", 2.0)])
        .delete_when_missing_models(false);
    let body = job.body(&Options::default(), &stamp(&uuid, created_at));
    assert_eq!(body.unwrap(), laravels);
}

#[test]
fn visibility_is_what_was_stated() {
    let (laravels, uuid, created_at) = laravels("visibility");
    let object = ObjectBuilder::new("App\\Jobs\\Visibility")
        .public("pub", "a")
        .protected("prot", "b")
        .private("App\\Jobs\\Visibility", "priv", "c");
    let job = ObjectJob::new(object).delete_when_missing_models(false);
    let body = job.body(&Options::default(), &stamp(&uuid, created_at));
    assert_eq!(body.unwrap(), laravels);
}

#[test]
fn options_are_read_back_as_they_were_given() {
    let options = Options {
        tries: Some(5),
        max_exceptions: Some(3),
        fail_on_timeout: true,
        backoff: Some(vec![1, 5, 10]),
        timeout: Some(120),
        retry_until: Some(1_893_553_445),
    };
    let object = ObjectJob::new(podcast(1, "t", 1.0)).body(&options, &stamp("u", 7));
    let string = StringJob::new("import-csv")
        .with_options(options)
        .with_hops(3)
        .body(&());
    for body in [object.unwrap(), string.unwrap()] {
        let envelope = Envelope::parse(&body).unwrap();
        assert_eq!(envelope.max_tries, Some(Tries::from(5)));
        assert_eq!(envelope.max_exceptions, Some(3));
        assert!(envelope.fail_on_timeout);
        assert_eq!(envelope.backoff, Some(vec![1, 5, 10]));
        assert_eq!(envelope.timeout, Some(120));
        assert_eq!(envelope.retry_until, Some(1_893_553_445));
    }
}

#[test]
fn an_encrypted_job_is_opened_with_its_key_and_shows_nothing_without() {
    let encrypter = Encrypter::new("0123456789abcdef0123456789abcdef", "", Cipher::Aes256Cbc);
    let encrypter = encrypter.unwrap();
    let job = ObjectJob::new(podcast(1, "secret", 1.0)).encrypted(&encrypter);
    let with_random = Stamp {
        random: Some([7; 16]),
        ..stamp("u", 7)
    };
    let body = job.body(&Options::default(), &with_random).unwrap();
    assert!(!body.contains("secret"));
    let envelope = Envelope::parse(&body).unwrap();
    let Kind::Object { command, .. } = envelope.kind() else {
        panic!("no object")
    };
    assert!(command.is_encrypted());
    let plain = encrypter.decrypt_command(command.text()).unwrap();
    let plain = parse(&plain, &Limits::default()).unwrap();
    assert_eq!(
        plain.root().get("title").and_then(Value::as_str),
        Some("secret")
    );

    let without = job.body(&Options::default(), &stamp("u", 7));
    assert!(matches!(without, Err(ObjectJobError::NoRandom)));
}

#[test]
fn what_php_could_not_read_is_refused() {
    let body = |object| ObjectJob::new(object).body(&Options::default(), &stamp("u", 7));
    assert!(matches!(
        body(ObjectBuilder::new("App Jobs")),
        Err(ObjectJobError::Build(BuildError::InvalidName { .. }))
    ));
    let raw = ObjectBuilder::new("Job").public("raw", Bytes(vec![0xff]));
    assert!(matches!(body(raw), Err(ObjectJobError::NotText)));
    let chained = ObjectJob::new(podcast(1, "t", 1.0)).chain([ObjectBuilder::new("no class")]);
    assert!(matches!(
        chained.body(&Options::default(), &stamp("u", 7)),
        Err(ObjectJobError::Build(_))
    ));
}
