//! Any `serialize()` text, changed in any way: it stays writable and readable, and shows what was put in.
#![no_main]

use hikyaku_fuzz::dice::Dice;
use hikyaku_fuzz::laws::{assert_same, written_and_read_again};
use hikyaku_fuzz::mutate;
use hikyaku_laravel::php::{
    Bytes, Document, Key, Limits, ObjectBuilder, ValueMut, Visibility, parse,
};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

const NAMES: &[&str] = &[
    "a", "chained", "queue", "0", "1", "5", "05", "", "\0", "\0*\0a", "items", "é",
];

/// A name to look under: one that is there, or any.
fn name(place: &ValueMut<'_, '_>, dice: &mut Dice<'_>) -> String {
    let count = place.value().entries().len();
    let at = dice.below(count + 1);
    let key = place.value().entries().nth(at).map(|(key, _)| match key {
        Key::Int(int) => int.to_string(),
        Key::Bytes(bytes) => {
            let plain = bytes.rsplit(|&byte| byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(plain).into_owned()
        }
    });
    key.unwrap_or_else(|| dice.pick(NAMES).to_owned())
}

/// A value to put in: made here, or a part of the text itself.
fn value<'a>(source: &'a Document<'_>, dice: &mut Dice<'_>) -> Document<'a> {
    match dice.below(10) {
        0 => Document::null(),
        1 => true.into(),
        2 => (i64::from(dice.byte()) - 128).into(),
        3 => 1.5.into(),
        4 => Bytes(vec![dice.byte(); 3]).into(),
        5 => Document::list(["x", "y"]),
        6 => Document::array([("k", 1), ("5", 2)]),
        7 => Document::enum_case("App\\Suit", "Hearts").expect("names that PHP allows"),
        8 => ObjectBuilder::new("App\\Thing")
            .private("App\\Base", "a", 1)
            .protected("a", Document::null())
            .public("b", source.root())
            .build()
            .expect("names that PHP allows"),
        _ => {
            let mut part = source.root();
            for _ in 0..dice.below(4) {
                let count = part.entries().len();
                let Some((_, inside)) = part.entries().nth(dice.below(count)) else {
                    break;
                };
                part = inside;
            }
            part.into()
        }
    }
}

/// Goes somewhere in the document and changes something there.
fn edit<'a>(document: &mut Document<'a>, source: &'a Document<'_>, dice: &mut Dice<'_>) {
    let mut place = document.root_mut();
    for _ in 0..dice.below(4) {
        let inside = name(&place, dice);
        if place.value().get(&inside).is_none() {
            break;
        }
        place = place.get(&inside).expect("what is shown can be changed");
    }
    let key = name(&place, dice);
    let new = value(source, dice);
    let expected = new.clone();
    match dice.below(6) {
        0 => {
            if place.set(&key, new).is_err() {
                return;
            }
            let found = place.value().get(&key).expect("what was set is there");
            assert_same(found, expected.root());
        }
        1 => {
            let was = place.value().get(&key).is_some();
            let count = place.value().entries().len();
            let removed = place.remove(&key);
            assert_eq!(removed, was, "`{}`", key.escape_debug());
            assert_eq!(place.value().entries().len(), count - usize::from(removed));
        }
        2 => drop(place.set_element(key, new).is_ok()),
        3 => drop(place.set_as(Visibility::Protected, &key, new).is_ok()),
        4 => drop(
            place
                .set_as(
                    Visibility::Private {
                        class: b"App\\Base",
                    },
                    &key,
                    new,
                )
                .is_ok(),
        ),
        _ => {
            let count = place.value().entries().len();
            if place.push(new).is_ok() {
                assert_eq!(place.value().entries().len(), count + 1);
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (mut dice, text) = Dice::split(bytes);
    let limits = Limits::default().with_expanded_nodes(20_000);
    let Ok(source) = parse(text, &limits) else {
        return;
    };
    let mut document = source.clone();
    for _ in 0..6 {
        if !dice.any() {
            break;
        }
        edit(&mut document, &source, &mut dice);
    }
    let _ = written_and_read_again(document.root());
    let part = Document::from(document.root());
    assert_same(part.root(), document.root());
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutate::in_place(data, size, longest, seed, |data, rng| {
        mutate::behind_dice(data, rng, mutate::php)
    })
});
