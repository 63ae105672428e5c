//! Mutations that know the formats: one changed byte of `serialize()` text breaks a length, and teaches nothing.
//!
//! Half of the time libFuzzer mutates the bytes as it does by itself.

use fastrand::Rng;
use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value as Json, json};

use crate::php_text::Piece;

/// Changes what stands in `data[..size]` and tells its new size. The rule of libFuzzer: one seed, one change.
pub fn in_place(
    data: &mut [u8],
    size: usize,
    longest: usize,
    seed: u32,
    change: impl FnOnce(&[u8], &mut Rng) -> Option<Vec<u8>>,
) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    let changed = if rng.bool() {
        change(&data[..size], &mut rng)
    } else {
        None
    };
    match changed {
        Some(changed) if changed.len() <= longest.min(data.len()) => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, longest),
    }
}

/// Bytes changed as libFuzzer does.
fn bytes(bytes: &[u8], room: usize) -> Vec<u8> {
    let mut buffer = bytes.to_vec();
    buffer.resize(bytes.len() + room, 0);
    let size = fuzzer_mutate(&mut buffer, bytes.len(), bytes.len() + room);
    buffer.truncate(size);
    buffer
}

/// Changes `serialize()` text a few times.
pub fn php(text: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let mut tree = Piece::parse(text)?;
    for _ in 0..=rng.usize(..3) {
        change_one(&mut tree, rng);
    }
    Some(tree.render())
}

/// Changes text behind bytes that are decisions (see [`Dice`](crate::dice::Dice)).
pub fn behind_dice(
    data: &[u8],
    rng: &mut Rng,
    change: impl FnOnce(&[u8], &mut Rng) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let (&count, rest) = data.split_first()?;
    let (decisions, rest) = rest.split_at_checked(count.into())?;
    let mut decisions = decisions.to_vec();
    if rng.bool() {
        decisions = bytes(&decisions, 8);
        decisions.truncate(255);
    }
    let rest = if rng.bool() {
        change(rest, rng)?
    } else {
        rest.to_vec()
    };
    let count = u8::try_from(decisions.len()).ok()?;
    Some([vec![count], decisions, rest].concat())
}

fn change_one(tree: &mut Piece, rng: &mut Rng) {
    let count = tree.count();
    let mut donor = Piece::plain("N;");
    tree.at(rng.usize(..count), &mut |piece| donor = piece.clone());
    tree.at(rng.usize(..count), &mut |piece| {
        change(piece, &donor, count, rng);
    });
}

fn change(piece: &mut Piece, donor: &Piece, count: usize, rng: &mut Rng) {
    match (rng.u8(..8), &mut *piece) {
        (0, _) => *piece = leaf(count, rng),
        (1, _) => *piece = donor.clone(),
        (2, _) => {
            let class = rng.bool().then(|| word(CLASSES, rng));
            *piece = Piece::Container(class, vec![(key(rng), piece.clone())]);
        }
        (_, Piece::Text(text)) => *text = text_changed(text, rng),
        (_, Piece::Case(text)) => *text = bytes(text, 4),
        (_, Piece::Custom(_, data)) => *data = bytes(data, 4),
        (_, Piece::Plain(plain)) => *plain = plain_changed(plain, count, rng),
        (_, Piece::Container(class, entries)) => {
            let at = rng.usize(..=entries.len());
            match rng.u8(..6) {
                0 if at < entries.len() => drop(entries.remove(at)),
                1 if at < entries.len() => entries.push(entries[at].clone()),
                2 if at < entries.len() => {
                    let other = rng.usize(..entries.len());
                    entries.swap(at, other);
                }
                3 if class.is_some() => *class = Some(word(CLASSES, rng)),
                4 => entries.insert(at, (key(rng), donor.clone())),
                _ => entries.insert(at, (key(rng), leaf(count, rng))),
            }
        }
    }
}

/// A string may be `serialize()` text itself, as a link of a chain is.
fn text_changed(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    match Piece::parse(text) {
        Some(mut inner) if rng.u8(..4) > 0 => {
            change_one(&mut inner, rng);
            inner.render()
        }
        _ if rng.u8(..4) == 0 => word(WORDS, rng),
        _ => bytes(text, 8),
    }
}

fn plain_changed(plain: &[u8], count: usize, rng: &mut Rng) -> Vec<u8> {
    match plain.first() {
        Some(b'i') => format!("i:{};", rng.choice(NUMBERS).unwrap_or(&"0")).into_bytes(),
        Some(b'd') => format!("d:{};", rng.choice(FLOATS).unwrap_or(&"0")).into_bytes(),
        Some(b'b') => format!("b:{};", rng.u8(..2)).into_bytes(),
        Some(letter @ (b'r' | b'R')) => {
            format!("{}:{};", char::from(*letter), rng.usize(..=count + 1)).into_bytes()
        }
        _ => leaf(count, rng).render(),
    }
}

fn leaf(count: usize, rng: &mut Rng) -> Piece {
    match rng.u8(..10) {
        0 => Piece::plain("N;"),
        1 => Piece::plain(format!("b:{};", rng.u8(..2))),
        2 => Piece::plain(format!("i:{};", rng.choice(NUMBERS).unwrap_or(&"0"))),
        3 => Piece::plain(format!("d:{};", rng.choice(FLOATS).unwrap_or(&"0"))),
        4 => Piece::plain(format!("r:{};", rng.usize(1..=count))),
        5 => Piece::plain(format!("R:{};", rng.usize(1..=count))),
        6 => Piece::Case(b"App\\Enums\\Suit:Hearts".to_vec()),
        7 => Piece::Container(None, Vec::new()),
        8 => Piece::Container(Some(word(CLASSES, rng)), Vec::new()),
        _ => Piece::Text(word(WORDS, rng)),
    }
}

fn key(rng: &mut Rng) -> Piece {
    if rng.bool() {
        Piece::Text(word(WORDS, rng))
    } else {
        Piece::plain(format!("i:{};", rng.choice(NUMBERS).unwrap_or(&"0")))
    }
}

fn word(words: &[&str], rng: &mut Rng) -> Vec<u8> {
    rng.choice(words).copied().unwrap_or_default().into()
}

/// Changes a message body: its command, or one of its members.
pub fn body(text: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let mut json: Json = serde_json::from_slice(text).ok()?;
    let members = json.as_object_mut()?;
    let data = members.get_mut("data").and_then(Json::as_object_mut);
    let command = data.and_then(|data| data.get_mut("command"));
    match command {
        Some(Json::String(command)) if rng.u8(..4) > 0 => {
            let changed = php(command.as_bytes(), rng)?;
            *command = String::from_utf8_lossy(&changed).into_owned();
        }
        _ => change_member(members, rng),
    }
    Some(json.to_string().into_bytes())
}

/// Changes any JSON object, and message bodies that are strings in it.
pub fn event(text: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let mut json: Json = serde_json::from_slice(text).ok()?;
    if let Some(records) = json.get_mut("Records").and_then(Json::as_array_mut) {
        let at = rng.usize(..=records.len());
        match (rng.u8(..6), records.get_mut(at)) {
            (0, Some(record)) => {
                let copy = record.clone();
                records.push(copy);
            }
            (1, Some(_)) => drop(records.remove(at)),
            (2, Some(record)) => change_member(record.as_object_mut()?, rng),
            (_, Some(record)) => {
                let old = record.get("body")?.as_str()?;
                let new = body(old.as_bytes(), rng)?;
                record["body"] = String::from_utf8_lossy(&new).into();
            }
            _ => return None,
        }
        return Some(json.to_string().into_bytes());
    }
    if json.get("job").is_some() && rng.bool() {
        return body(text, rng);
    }
    change_member(json.as_object_mut()?, rng);
    Some(json.to_string().into_bytes())
}

fn change_member(members: &mut Map<String, Json>, rng: &mut Rng) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = rng.choice(&names).cloned();
    match (rng.u8(..4), name) {
        (0, Some(name)) => drop(members.remove(&name)),
        (1, Some(name)) => drop(members.insert(name, value(rng))),
        (2, Some(name)) => {
            if let Some(inner) = members.get_mut(&name).and_then(Json::as_object_mut) {
                change_member(inner, rng);
            }
        }
        _ => {
            let name = rng.choice(MEMBERS).copied().unwrap_or("job");
            members.insert(name.to_owned(), value(rng));
        }
    }
}

fn value(rng: &mut Rng) -> Json {
    match rng.u8(..12) {
        0 => Json::Null,
        1 => rng.bool().into(),
        2 => 0.into(),
        3 => (-1).into(),
        4 => u32::MAX.into(),
        5 => u64::MAX.into(),
        6 => 1.5.into(),
        7 => json!([]),
        8 => json!({}),
        9 => json!([1, "2", null]),
        10 => json!({"generation": 1, "hops": 2, "x": []}),
        _ => rng.choice(WORDS).copied().unwrap_or_default().into(),
    }
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "5",
    "59",
    "900",
    "901",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "+5",
    "007",
    "-0",
];

const FLOATS: &[&str] = &[
    "0", "-0", "1.5", "NAN", "INF", "-INF", "1.0E+25", "5.0E-324", ".5", "1e400", "0.1",
];

const CLASSES: &[&str] = &[
    "stdClass",
    "App\\Jobs\\Step",
    "Illuminate\\Contracts\\Database\\ModelIdentifier",
    "Illuminate\\Support\\Collection",
    "Illuminate\\Support\\Carbon",
    "DateTimeImmutable",
    "Illuminate\\Queue\\Middleware\\WithoutOverlapping",
    "Illuminate\\Queue\\Middleware\\Skip",
    "Illuminate\\Queue\\CallQueuedClosure",
    "Illuminate\\Mail\\SendQueuedMailable",
    "Illuminate\\Events\\CallQueuedListener",
    "Laravel\\SerializableClosure\\SerializableClosure",
    "é",
];

const WORDS: &[&str] = &[
    "",
    "0",
    "1",
    "5",
    "05",
    "-0",
    "a",
    "chained",
    "chainConnection",
    "chainQueue",
    "chainCatchCallbacks",
    "connection",
    "queue",
    "delay",
    "middleware",
    "batchId",
    "uniqueLockOwner",
    "debounceOwner",
    "debounceId",
    "messageGroup",
    "tries",
    "maxExceptions",
    "backoff",
    "timeout",
    "failOnTimeout",
    "key",
    "prefix",
    "releaseAfter",
    "expiresAfter",
    "shareKey",
    "skip",
    "class",
    "id",
    "relations",
    "collectionClass",
    "items",
    "\0*\0items",
    "\0*\0queue",
    "\0A\0chained",
    "\0",
    "date",
    "timezone_type",
    "timezone",
    "2026-01-02 03:04:05.678901",
    "Asia/Tokyo",
    "+09:00",
    "UTC",
    "@class",
    "Hearts",
    "O:13:\"App\\Jobs\\Step\":1:{s:1:\"n\";i:2;}",
    "laravel:sqs-payloads:u",
    "hikyaku:payloads:u:1",
    "hikyaku.malformed",
    "Illuminate\\Queue\\CallQueuedHandler@call",
    "once",
    "Scheduled Event",
    "aws.events",
    "aws:sqs",
];

const MEMBERS: &[&str] = &[
    "uuid",
    "displayName",
    "job",
    "maxTries",
    "maxExceptions",
    "failOnTimeout",
    "backoff",
    "timeout",
    "retryUntil",
    "delay",
    "createdAt",
    "deleteWhenMissingModels",
    "attempts",
    "data",
    "hikyaku",
    "illuminate:log:context",
    "@pointer",
    "commandName",
    "command",
    "batchId",
    "generation",
    "hops",
    "Records",
    "detail-type",
    "detail",
    "source",
    "time",
    "resources",
    "id",
    "body",
    "messageId",
    "receiptHandle",
    "attributes",
    "eventSource",
    "eventSourceARN",
    "reason",
];
