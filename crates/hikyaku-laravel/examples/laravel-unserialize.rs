//! Jobs written in Rust, run by Laravel's own handler: `cargo run --example laravel-unserialize`.
//!
//! It needs `php` and Laravel's classes (on Debian `apt-get install php-cli php-laravel-framework`; elsewhere the path of
//! a `vendor/autoload.php` in `LARAVEL_AUTOLOAD`).
#![expect(clippy::print_stdout, reason = "an example that a person runs")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hikyaku_laravel::encrypter::{Cipher, Encrypter};
use hikyaku_laravel::message::{ObjectJob, Options, Stamp, StringJob};
use hikyaku_laravel::php::{Document, ObjectBuilder, to_document};
use serde_json::{Value as Json, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const KEY: [u8; 32] = *b"a key of thirty-two bytes, so be";
const PODCAST: &str = "App\\Jobs\\ProcessPodcast";
const PLAIN: &str = "App\\Jobs\\Plain";

fn main() -> Result<()> {
    let mut laravel = Laravel::start()?;
    let cases: [(&str, fn(&mut Laravel) -> Result<()>); 7] = [
        ("visibility, readonly and enums", visibility),
        ("defaults of what is left out", defaults),
        ("a class without SerializesModels", plain),
        ("a wrong visibility is noticed", wrong_visibility),
        ("a chain", chain),
        ("an encrypted job", encrypted),
        ("a string job", string),
    ];
    for (name, case) in cases {
        case(&mut laravel).map_err(|error| format!("{name}: {error}"))?;
        println!("laravel runs: {name}");
    }
    laravel.stop()
}

fn podcast() -> Result<ObjectBuilder<'static>> {
    let chapter = ObjectBuilder::new("App\\Values\\Chapter")
        .public("title", "Prologue \u{1f399} \"1\"")
        .private("App\\Values\\Chapter", "seconds", 95);
    Ok(ObjectBuilder::new(PODCAST)
        .public("podcastId", 7)
        .protected("format", Document::enum_case("App\\Enums\\Format", "Ogg")?)
        .private(PODCAST, "chapter", chapter.build()?)
        .private(PODCAST, "price", 1.5)
        .public("title", "Ünïcode / 日本")
        .protected("language", "ja")
        .private(PODCAST, "tags", to_document(&["a", "b"])?))
}

/// What the podcast sees of itself.
fn seen() -> Json {
    json!({
        "podcastId": 7, "format": "Ogg", "chapter": ["Prologue \u{1f399} \"1\"", 95], "price": 1.5,
        "title": "Ünïcode / 日本", "language": "ja", "tags": ["a", "b"], "never": "as declared",
        "tries": 5, "timeout": 30, "uuid": "u-1",
    })
}

fn numbers(a: i64) -> Result<ObjectBuilder<'static>> {
    Ok(ObjectBuilder::new(PLAIN)
        .public("a", a)
        .protected("b", "two")
        .private(PLAIN, "c", to_document(&json!({ "x": [1, null, true] }))?))
}

fn body(job: &ObjectJob, random: Option<[u8; 16]>) -> Result<String> {
    let options = Options {
        tries: Some(5),
        timeout: Some(30),
        ..Options::default()
    };
    let stamp = Stamp {
        uuid: "u-1",
        created_at: 1_795_408_211,
        hops: 0,
        random,
    };
    Ok(job.body(&options, &stamp)?)
}

fn visibility(laravel: &mut Laravel) -> Result<()> {
    let ran = laravel.run(&body(&ObjectJob::new(podcast()?), None)?)?;
    same(&ran, &json!([{ "class": PODCAST, "state": seen() }]))
}

/// Laravel 9.4 and later leave properties out that have their defaults; an older one takes that, too.
fn defaults(laravel: &mut Laravel) -> Result<()> {
    let chapter = ObjectBuilder::new("App\\Values\\Chapter")
        .public("title", "t")
        .private("App\\Values\\Chapter", "seconds", 1);
    let object = ObjectBuilder::new(PODCAST)
        .public("podcastId", 8)
        .protected("format", Document::enum_case("App\\Enums\\Format", "Mp3")?)
        .private(PODCAST, "chapter", chapter.build()?)
        .private(PODCAST, "price", None::<f64>);
    let ran = laravel.run(&body(&ObjectJob::new(object), None)?)?;
    let state = &ran[0]["state"];
    same(
        &json!([
            state["title"],
            state["language"],
            state["tags"],
            state["price"]
        ]),
        &json!(["untitled", null, [], null]),
    )
}

fn plain(laravel: &mut Laravel) -> Result<()> {
    let ran = laravel.run(&body(&ObjectJob::new(numbers(-1)?), None)?)?;
    let state = json!({ "a": -1, "b": "two", "c": { "x": [1, null, true] }, "queue": null });
    same(&ran, &json!([{ "class": PLAIN, "state": state }]))
}

/// That the visibility matters, and so that the first check can fail: `SerializesModels` leaves out what is under
/// another one. Without that trait PHP's own `unserialize()` finds the property all the same.
fn wrong_visibility(laravel: &mut Laravel) -> Result<()> {
    let chapter = ObjectBuilder::new("App\\Values\\Chapter")
        .public("title", "t")
        .private("App\\Values\\Chapter", "seconds", 1);
    let object = ObjectBuilder::new(PODCAST)
        .public("podcastId", 9)
        .protected("format", Document::enum_case("App\\Enums\\Format", "Mp3")?)
        .private(PODCAST, "chapter", chapter.build()?)
        .private(PODCAST, "price", None::<f64>)
        .protected("title", "lost")
        .private(PODCAST, "language", "lost")
        .public("tags", to_document(&["lost"])?);
    let ran = laravel.run(&body(&ObjectJob::new(object), None)?)?;
    let state = &ran[0]["state"];
    same(
        &json!([state["title"], state["language"], state["tags"]]),
        &json!(["untitled", null, []]),
    )?;
    let object = ObjectBuilder::new(PLAIN)
        .public("a", 1)
        .public("b", "found")
        .private(PLAIN, "c", to_document(&[0])?);
    let ran = laravel.run(&body(&ObjectJob::new(object), None)?)?;
    same(&ran[0]["state"]["b"], &json!("found"))
}

fn chain(laravel: &mut Laravel) -> Result<()> {
    let job = ObjectJob::new(podcast()?).chain([numbers(1)?, numbers(2)?.public("queue", "own")]);
    let ran = laravel.run(&body(&job, None)?)?;
    let ran = ran.as_array().ok_or("nothing ran")?;
    let classes: Vec<_> = ran.iter().map(|one| &one["class"]).collect();
    same(&json!(classes), &json!([PODCAST, PLAIN, PLAIN]))?;
    same(&ran[1]["state"]["a"], &json!(1))?;
    same(&ran[2]["state"]["a"], &json!(2))?;
    same(&ran[2]["state"]["queue"], &json!("own"))
}

fn encrypted(laravel: &mut Laravel) -> Result<()> {
    let key = format!("base64:{}", BASE64.encode(KEY));
    let encrypter = Encrypter::new(&key, "", Cipher::Aes256Cbc)?;
    let job = ObjectJob::new(podcast()?).encrypted(&encrypter);
    let body = body(&job, Some(*b"sixteen of bytes"))?;
    if body.contains("podcastId") {
        return Err("it is in the clear".into());
    }
    let ran = laravel.run(&body)?;
    same(&ran, &json!([{ "class": PODCAST, "state": seen() }]))
}

fn string(laravel: &mut Laravel) -> Result<()> {
    let data = json!({ "user": 7, "text": "a/b \u{0}" });
    let job = StringJob::new("App\\Jobs\\Notify@tell").with_uuid("u-2".to_owned());
    let ran = laravel.run(&job.body(&data)?)?;
    let state = json!({ "data": data, "uuid": "u-2" });
    same(
        &ran,
        &json!([{ "class": "App\\Jobs\\Notify", "state": state }]),
    )
}

fn same(found: &Json, expected: &Json) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("php saw\n{found}\ninstead of\n{expected}").into())
}

/// A PHP process with Laravel's handler in it.
struct Laravel {
    process: Child,
    bodies: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Laravel {
    fn start() -> Result<Self> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/laravel/unserialize.php"
        );
        let mut process = Command::new("php")
            .arg(script)
            .args(std::env::var_os("LARAVEL_AUTOLOAD"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("starting php: {error}"))?;
        let mut bodies = process.stdin.take().ok_or("php has no standard input")?;
        let answers = process.stdout.take().ok_or("php has no standard output")?;
        writeln!(bodies, "{}", BASE64.encode(KEY))?;
        Ok(Self {
            process,
            bodies,
            answers: BufReader::new(answers),
        })
    }

    /// What ran, in its order.
    fn run(&mut self, body: &str) -> Result<Json> {
        writeln!(self.bodies, "{body}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let mut answer: Json = serde_json::from_str(&line)
            .map_err(|error| format!("php answered: {error}: {line}"))?;
        match answer["error"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(answer["ran"].take()),
        }
    }

    fn stop(mut self) -> Result<()> {
        drop(self.bodies);
        match self.process.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("php ended with {status}").into()),
        }
    }
}
