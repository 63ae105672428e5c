//! The message bodies that Laravel wrote (`tests/fixtures/laravel`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hikyaku_laravel::encrypter::Encrypter;
use serde_json::Value as Json;

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One message.
#[derive(Debug)]
pub struct Fixture {
    /// The message's body.
    pub body: String,
    /// The serialized object in it; decrypted if it was encrypted.
    pub command: Option<String>,
    /// `data.command` as it was sent.
    pub sent: Option<String>,
    /// What was decrypted, with the string around the object.
    pub plain: Option<String>,
}

/// All messages, in the order of their files' names.
pub static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let cases = cases();
    let messages = cases
        .iter()
        .flat_map(|case| case["messages"].as_array().into_iter().flatten());
    messages.map(fixture).collect()
});

/// The encrypters of the applications that encrypted some of the messages.
pub static ENCRYPTERS: LazyLock<Vec<Encrypter>> = LazyLock::new(|| {
    let encrypter = |case: &Json| {
        let key = case["extra"]["app_key"].as_str()?;
        let cipher = case["extra"]["cipher"].as_str()?.parse().ok()?;
        Encrypter::new(key, "", cipher).ok()
    };
    let mut encrypters: Vec<Encrypter> = cases().iter().filter_map(encrypter).collect();
    // Every version has one case for each of four ciphers, under the same keys.
    encrypters.truncate(4);
    encrypters
});

fn cases() -> Vec<Json> {
    let mut paths = Vec::new();
    for version in ["v8", "v10", "v13"] {
        let folder = root().join("tests/fixtures/laravel").join(version);
        let files =
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        paths.extend(files.map(|file| file.expect("a folder can be listed").path()));
    }
    paths.sort();
    let case = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a fixture can be read");
        serde_json::from_str(&text).expect("a fixture is JSON")
    };
    paths.iter().map(case).collect()
}

fn fixture(message: &Json) -> Fixture {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let body = text(&message["MessageBody"]).expect("a message has a body");
    let sent = serde_json::from_str::<Json>(&body)
        .ok()
        .and_then(|json| text(&json["data"]["command"]));
    Fixture {
        command: text(&message["decrypted"]).or_else(|| sent.clone()),
        plain: text(&message["decrypted_outer"]),
        sent,
        body,
    }
}
