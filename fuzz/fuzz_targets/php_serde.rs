//! Any `serialize()` text, filled into types of every kind; what was filled is written, and fills the same again.
#![no_main]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use hikyaku_fuzz::laws::unlimited;
use hikyaku_fuzz::mutate;
use hikyaku_laravel::php::{self, Bytes, EnumCase, Limits, Object, Value, from_value, parse};
use hikyaku_laravel::types::{Collection, ModelId, ModelIdentifier, ModelIds, PhpDateTime};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

#[derive(Debug, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Serialize, Deserialize)]
struct Wrapper(Option<Box<Job>>);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Job {
    n: i64,
    queue: Option<String>,
    delay: Option<u32>,
    chained: Vec<String>,
    chain_catch_callbacks: Option<Vec<Json>>,
    middleware: Vec<Middleware>,
    user: Option<ModelIdentifier>,
    users: Option<ModelIds>,
    items: Option<Collection<Json>>,
    at: Option<PhpDateTime>,
    suit: Option<Suit>,
    next: Option<Box<Job>>,
    bytes: Bytes,
    pair: Option<(i64, String)>,
    float: f64,
}

impl Default for Job {
    fn default() -> Self {
        let (n, float) = (0, 0.0);
        Self {
            n,
            float,
            queue: None,
            delay: None,
            chained: Vec::new(),
            chain_catch_callbacks: None,
            middleware: Vec::new(),
            user: None,
            users: None,
            items: None,
            at: None,
            suit: None,
            next: None,
            bytes: Bytes::default(),
            pair: None,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Middleware {
    Overlap { key: String, prefix: String },
    Model(ModelId),
    Other(Json),
}

#[derive(Debug, Serialize, Deserialize)]
enum Suit {
    Hearts,
    Spades(i64),
    Pair(i64, String),
    Named { x: Option<Box<Suit>> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "class")]
enum Tagged {
    A { id: u8 },
    B(BTreeMap<String, Json>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Flattened {
    id: Option<i32>,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

/// What fills a type is written, fills the type again, and is written to the same bytes.
fn there_and_back<T: DeserializeOwned + Serialize + Debug>(value: Value<'_>) {
    let Ok(filled) = from_value::<T>(value) else {
        return;
    };
    // A name or class that PHP cannot have, a number beyond 64 bits: refused, with an error.
    let Ok(written) = php::to_bytes(&filled) else {
        return;
    };
    let again = match php::from_bytes::<T>(&written, &unlimited()) {
        Ok(again) => again,
        Err(error) => panic!(
            "{filled:?} is written as {} and does not read: {error:?}",
            written.escape_ascii()
        ),
    };
    let second = php::to_bytes(&again).expect("what was written can be written again");
    assert_eq!(
        second.escape_ascii().to_string(),
        written.escape_ascii().to_string(),
        "{filled:?}"
    );
}

fn dates(value: Value<'_>) {
    if let Ok(date) = from_value::<PhpDateTime>(value) {
        let _ = date.timestamp();
        let _ = date.zoned();
    }
}

fn zoo(value: Value<'_>) {
    there_and_back::<Json>(value);
    there_and_back::<Job>(value);
    there_and_back::<Wrapper>(value);
    there_and_back::<Unit>(value);
    there_and_back::<Suit>(value);
    there_and_back::<Tagged>(value);
    there_and_back::<Middleware>(value);
    there_and_back::<Flattened>(value);
    there_and_back::<BTreeMap<String, Json>>(value);
    there_and_back::<BTreeMap<i64, Option<Bytes>>>(value);
    there_and_back::<Vec<Option<f64>>>(value);
    there_and_back::<(i64, String)>(value);
    there_and_back::<ModelIdentifier>(value);
    there_and_back::<ModelIds>(value);
    there_and_back::<Collection<Json>>(value);
    there_and_back::<Collection<Collection<PhpDateTime>>>(value);
    there_and_back::<PhpDateTime>(value);
    there_and_back::<EnumCase>(value);
    there_and_back::<Object<BTreeMap<String, Json>>>(value);
    there_and_back::<(bool, char, u8, i16, f32)>(value);
    let _ = from_value::<IgnoredAny>(value);
    let _ = from_value::<HashMap<char, u128>>(value);
    let _ = from_value::<&str>(value);
    let _ = from_value::<&[u8]>(value);
    dates(value);
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default().with_expanded_nodes(20_000);
    let Ok(document) = parse(bytes, &limits) else {
        return;
    };
    let root = document.root();
    zoo(root);
    for (_, value) in root.entries().take(8) {
        zoo(value);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutate::in_place(data, size, longest, seed, mutate::php)
});
