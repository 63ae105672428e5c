//! Random input: what was written is read back, and nothing makes the reader panic.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// A PHP value to be written and read back.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Float(u64),
    Bytes(Vec<u8>),
    Array(BTreeMap<TreeKey, Tree>),
    Object(String, BTreeMap<TreeKey, Tree>),
    Enum(String, String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum TreeKey {
    Int(i64),
    Bytes(Vec<u8>),
}

fn trees() -> impl Strategy<Value = Tree> {
    let name = "[A-Za-z_][A-Za-z0-9_\\\\]{0,8}";
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        any::<f64>().prop_map(|float| Tree::Float(float.to_bits())),
        vec(any::<u8>(), 0..16).prop_map(Tree::Bytes),
        (name, name).prop_map(|(class, case)| Tree::Enum(class, case)),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let key = prop_oneof![
            any::<i64>().prop_map(TreeKey::Int),
            "[a-z\0*]{0,6}".prop_map(|text| TreeKey::Bytes(text.into_bytes())),
        ];
        let entries = btree_map(key, inner.clone(), 0..6);
        prop_oneof![
            entries.clone().prop_map(Tree::Array),
            vec(inner, 0..6).prop_map(|list| {
                let keys = (0..).map(TreeKey::Int);
                Tree::Array(keys.zip(list).collect())
            }),
            (name, entries).prop_map(|(class, entries)| Tree::Object(class, entries)),
        ]
    })
}

fn write_bytes(bytes: &[u8], text: &mut Vec<u8>) {
    text.extend(format!("s:{}:\"", bytes.len()).bytes());
    text.extend(bytes);
    text.extend(b"\";");
}

fn write_text(tree: &Tree, text: &mut Vec<u8>) {
    let plain = match tree {
        Tree::Null => "N;".to_owned(),
        Tree::Bool(bool) => format!("b:{};", u8::from(*bool)),
        Tree::Int(int) => format!("i:{int};"),
        Tree::Float(bits) => {
            let float = f64::from_bits(*bits);
            format!("d:{float:?};")
                .replace("inf", "INF")
                .replace("NaN", "NAN")
        }
        Tree::Bytes(bytes) => return write_bytes(bytes, text),
        Tree::Enum(class, case) => {
            format!("E:{}:\"{class}:{case}\";", class.len() + case.len() + 1)
        }
        Tree::Array(entries) => return write_entries("a", entries, text),
        Tree::Object(class, entries) => {
            let start = format!("O:{}:\"{class}\"", class.len());
            return write_entries(&start, entries, text);
        }
    };
    text.extend(plain.bytes());
}

fn write_entries(start: &str, entries: &BTreeMap<TreeKey, Tree>, text: &mut Vec<u8>) {
    text.extend(format!("{start}:{}:{{", entries.len()).bytes());
    for (key, value) in entries {
        match key {
            TreeKey::Int(int) => text.extend(format!("i:{int};").bytes()),
            TreeKey::Bytes(bytes) => write_bytes(bytes, text),
        }
        write_text(value, text);
    }
    text.push(b'}');
}

fn tree(value: Value<'_>) -> Tree {
    let entries = || {
        let entries = value.entries().map(|(key, value)| {
            let key = match key {
                Key::Int(int) => TreeKey::Int(*int),
                Key::Bytes(bytes) => TreeKey::Bytes(bytes.to_vec()),
            };
            (key, tree(value))
        });
        entries.collect()
    };
    match value.view() {
        View::Null => Tree::Null,
        View::Bool(bool) => Tree::Bool(bool),
        View::Int(int) => Tree::Int(int),
        View::Float(float) => Tree::Float(float.to_bits()),
        View::Bytes(bytes) => Tree::Bytes(bytes.to_vec()),
        View::Array => Tree::Array(entries()),
        View::Object { class } => Tree::Object(class.to_owned(), entries()),
        View::Enum { class, case } => Tree::Enum(class.to_owned(), case.to_owned()),
        View::Custom { .. } => panic!("none was written"),
    }
}

/// Everything that can be done with an input, for the sake of not panicking.
fn exercise(bytes: &[u8]) {
    let limits = Limits::default().with_expanded_nodes(10_000);
    if let Ok(document) = parse(bytes, &limits) {
        let root = document.root();
        let _ = from_value::<serde_json::Value>(root);
        let _ = from_value::<BTreeMap<String, i64>>(root);
        let _ = from_value::<Vec<Option<f64>>>(root);
        let _ = to_inspection_json(root, Names::Plain);
        let _ = to_inspection_json(root, Names::Mangled);
        let _ = root.get("a");
        exercise_writing(&document);
    }
}

/// What was written once is written the same again, also after a change; only `C:` is refused.
fn exercise_writing(document: &Document<'_>) {
    let mut changed = document.clone();
    let _ = changed.root_mut().set("a", Document::from(document.root()));
    let _ = changed.root_mut().remove("b");
    let _ = changed.root_mut().push(Document::null());
    for document in [document, &changed, &document.clone().into_owned()] {
        let Ok(text) = write(document.root()) else {
            continue;
        };
        let limits = Limits::default().with_nodes(usize::MAX);
        let again = parse(&text, &limits).expect("what was written can be read");
        assert_eq!(again.bytes_read(), text.len());
        assert_eq!(write(again.root()).unwrap(), text);
    }
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Step {
    Stop,
    Go(i64),
    Turn { left: bool, by: Option<f64> },
    Pair(String, Vec<u8>),
}

fn steps() -> impl Strategy<Value = Vec<BTreeMap<String, Step>>> {
    let step = prop_oneof![
        Just(Step::Stop),
        any::<i64>().prop_map(Step::Go),
        (any::<bool>(), prop::option::of(prop::num::f64::NORMAL))
            .prop_map(|(left, by)| Step::Turn { left, by }),
        (any::<String>(), vec(any::<u8>(), 0..5)).prop_map(|(a, b)| Step::Pair(a, b)),
    ];
    let key = prop_oneof![
        any::<String>(),
        any::<i64>().prop_map(|key| key.to_string())
    ];
    vec(btree_map(key, step, 0..4), 0..4)
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(expected in trees()) {
        let mut text = Vec::new();
        write_text(&expected, &mut text);
        let document = parse(&text, &Limits::default()).unwrap();
        prop_assert_eq!(document.bytes_read(), text.len());
        prop_assert_eq!(tree(document.root()), expected);
    }

    #[test]
    fn what_was_read_and_written_reads_the_same(expected in trees()) {
        let mut text = Vec::new();
        write_text(&expected, &mut text);
        let document = parse(&text, &Limits::default()).unwrap();
        let written = write(document.root()).unwrap();
        let again = parse(&written, &Limits::default()).unwrap();
        prop_assert_eq!(tree(again.root()), expected);
    }

    #[test]
    fn every_float_is_written_so_that_it_is_read_back(bits in any::<u64>()) {
        let float = f64::from_bits(bits);
        let text = to_bytes(&float).unwrap();
        let back: f64 = from_bytes(&text, &Limits::default()).unwrap();
        prop_assert!(back.to_bits() == bits || back.is_nan() && float.is_nan());
    }

    #[test]
    fn what_serde_wrote_serde_reads(steps in steps()) {
        let text = to_bytes(&steps).unwrap();
        let back: Vec<BTreeMap<String, Step>> = from_bytes(&text, &Limits::default()).unwrap();
        prop_assert_eq!(back, steps);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..256)) {
        exercise(&bytes);
    }

    #[test]
    fn nearly_valid_text_never_panics(
        pieces in vec(
            prop::sample::select(vec![
                "N;", "b:1;", "i:0;", "i:1;", "d:1.5;", "d:INF;", "s:1:\"a\";", "S:1:\"\\61\";",
                "a:1:{", "a:2:{", "a:0:{}", "O:1:\"A\":1:{", "O:1:\"A\":2:{", "E:3:\"A:B\";",
                "C:1:\"A\":1:{x}", "r:1;", "r:2;", "R:1;", "R:2;", "R:3;", "}", "}", "}",
                "s:4:\"\0A\0x\";", "s:4:\"\0*\0x\";", "s:0:\"\";", "\"", ":", "9",
            ]),
            0..40,
        ),
    ) {
        exercise(pieces.concat().as_bytes());
    }

    #[test]
    fn a_valid_text_with_one_byte_changed_never_panics(
        tree in trees(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut text = Vec::new();
        write_text(&tree, &mut text);
        let place = place.index(text.len());
        text[place] = byte;
        exercise(&text);
    }
}
