//! The grammar, value by value, as PHP 8.2 reads it.

use std::fmt::Write;

use serde_json::json;

use super::*;

fn read(text: &str) -> Result<Document<'_>, ReadError> {
    parse(text.as_bytes(), &Limits::default())
}

#[track_caller]
fn check(text: &str, expected: &serde_json::Value) {
    let document = read(text).unwrap();
    let json = to_inspection_json(document.root(), Names::Plain).unwrap();
    assert_eq!(&json, expected, "{text}");
}

#[track_caller]
fn refused(text: &str, offset: usize, problem: ReadProblem) {
    assert_eq!(
        read(text).unwrap_err(),
        ReadError { offset, problem },
        "{text}"
    );
}

#[test]
fn scalars_are_read() {
    check("N;", &json!(null));
    check("b:0;", &json!(false));
    check("b:1;", &json!(true));
    check("i:-7;", &json!(-7));
    check("i:+5;", &json!(5));
    check("i:-9223372036854775808;", &json!(i64::MIN));
    check(
        "s:7:\"a\"b
漢\";",
        &json!("a\"b\n漢"),
    );
    check("S:4:\"\\61\\E6\\bc\\a2\";", &json!("a漢"));
}

#[test]
fn floats_are_read_in_every_form_php_takes() {
    for (text, float) in [
        ("d:0.1;", 0.1),
        ("d:1;", 1.0),
        ("d:1.0E+100;", 1e100),
        ("d:.5;", 0.5),
        ("d:5.;", 5.0),
        ("d:1E3;", 1000.0),
        ("d:+1.5e-3;", 0.0015),
    ] {
        check(text, &json!(float));
    }
    let View::Float(zero) = read("d:-0;").unwrap().root().view() else {
        panic!("a float was written");
    };
    assert!(zero == 0.0 && zero.is_sign_negative());
    check("d:INF;", &json!({"@float": "INF"}));
    check("d:-INF;", &json!({"@float": "-INF"}));
    check("d:NAN;", &json!({"@float": "NAN"}));
}

#[test]
fn malformed_scalars_are_refused_where_they_go_wrong() {
    refused("b:2;", 2, ReadProblem::InvalidBoolean);
    refused("i:9223372036854775808;", 2, ReadProblem::IntegerOverflow);
    refused("i:;", 2, ReadProblem::InvalidNumber);
    refused("i:1.5;", 2, ReadProblem::InvalidNumber);
    refused("d:nan;", 2, ReadProblem::InvalidNumber);
    refused("d:inf;", 2, ReadProblem::InvalidNumber);
    refused("d:+INF;", 2, ReadProblem::InvalidNumber);
    refused("d:.;", 2, ReadProblem::InvalidNumber);
    refused("d:;", 2, ReadProblem::InvalidNumber);
    refused("s:-1:\"\";", 2, ReadProblem::InvalidNumber);
    refused("S:1:\"\\6g\";", 7, ReadProblem::InvalidEscape);
    refused("x:1;", 0, ReadProblem::UnknownType { found: b'x' });
    let expected = "a value";
    refused("", 0, ReadProblem::UnexpectedEnd { expected });
}

#[test]
fn a_string_of_another_length_than_stated_is_refused() {
    assert!(read("s:2:\"abc\";").is_err());
    assert!(read("s:4:\"abc\";").is_err());
    assert!(read("S:2:\"abc\";").is_err());
}

#[test]
fn bytes_after_the_value_are_ignored_and_counted_out() {
    let document = read("i:1;garbage").unwrap();
    assert_eq!(document.bytes_read(), 4);
}

#[test]
fn keys_become_integers_where_php_makes_them_so() {
    let keys = [
        "5",
        "-3",
        "0",
        "-0",
        "01",
        "1.5",
        "",
        "+5",
        "9223372036854775807",
        "9223372036854775808",
    ];
    let mut text = format!("a:{}:{{", keys.len());
    for key in keys {
        write!(text, "s:{}:\"{key}\";N;", key.len()).unwrap();
    }
    text += "}";
    let document = read(&text).unwrap();
    let integers = document.root().entries();
    let integers: Vec<bool> = integers
        .map(|(key, _)| matches!(key, Key::Int(_)))
        .collect();
    assert_eq!(
        integers,
        [
            true, true, true, false, false, false, false, false, true, false
        ]
    );
}

#[test]
fn a_repeated_key_has_its_last_value_in_its_first_place() {
    let document = read("a:4:{s:1:\"a\";i:1;i:5;i:2;s:1:\"a\";i:3;s:1:\"5\";i:4;}").unwrap();
    let entries = document.root().entries();
    let entries: Vec<_> = entries
        .map(|(key, value)| (key.to_string(), value.view()))
        .map(|(key, view)| (key, format!("{view:?}")))
        .collect();
    let expected = [("a", "Int(3)"), ("5", "Int(4)")];
    assert_eq!(entries, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[test]
fn a_property_keeps_its_key_as_it_was_written() {
    let document = read("O:8:\"stdClass\":2:{s:1:\"5\";i:1;i:6;i:2;}").unwrap();
    let keys: Vec<_> = document.root().entries().map(|(key, _)| key).collect();
    assert_eq!(keys, [&Key::Bytes(b"5"[..].into()), &Key::Int(6)]);
    assert!(document.root().get("5").is_some() && document.root().get("6").is_some());
}

#[test]
fn a_key_that_is_neither_integer_nor_string_is_refused() {
    refused("a:1:{d:1.5;N;}", 5, ReadProblem::InvalidKey { found: b'd' });
    refused("a:1:{R:1;N;}", 5, ReadProblem::InvalidKey { found: b'R' });
}

#[test]
fn references_count_values_as_php_does() {
    // 1 array, 2 object, 3 its property, 4 the r: itself, 5 the enum, 6 another r:, 7 the string; R: counts nothing.
    let text = "a:7:{i:0;O:1:\"A\":1:{s:1:\"p\";i:9;}i:1;r:2;i:2;R:3;i:3;E:3:\"E:X\";i:4;r:5;\
                i:5;s:1:\"s\";i:6;R:7;}";
    check(
        text,
        &json!([
            {"@class": "A", "p": 9}, {"@class": "A", "p": 9}, 9,
            {"@enum": "E", "case": "X"}, {"@enum": "E", "case": "X"}, "s", "s",
        ]),
    );
    let document = read(text).unwrap();
    let references: Vec<_> = document
        .root()
        .entries()
        .map(|(_, v)| v.reference())
        .collect();
    assert_eq!(references[1], Some(ReferenceKind::Object));
    assert_eq!(references[2], Some(ReferenceKind::Variable));
    assert_eq!(references[0], None);
}

#[test]
fn a_reference_to_a_reference_reaches_the_value() {
    check(
        "a:3:{i:0;O:1:\"A\":0:{}i:1;r:2;i:2;r:3;}",
        &json!([{"@class": "A"}, {"@class": "A"}, {"@class": "A"}]),
    );
}

#[test]
fn a_reference_that_points_nowhere_is_refused() {
    for text in [
        "r:1;",
        "R:1;",
        "a:1:{i:0;r:2;}",
        "a:1:{i:0;R:0;}",
        "a:1:{i:0;R:2;}",
    ] {
        let error = read(text).unwrap_err();
        assert!(
            matches!(error.problem, ReadProblem::UnknownReference { .. }),
            "{error}"
        );
    }
}

#[test]
fn an_object_reference_to_something_else_is_refused() {
    refused(
        "a:2:{i:0;i:1;i:1;r:2;}",
        19,
        ReadProblem::NotAnObject { slot: 2 },
    );
}

#[test]
fn a_class_with_a_form_of_its_own_keeps_its_bytes() {
    check(
        "C:3:\"Foo\":5:{a}b;c}",
        &json!({"@class": "Foo", "@data": "a}b;c"}),
    );
}

#[test]
fn names_that_php_does_not_allow_are_refused() {
    for text in [
        "O:2:\"a b\":0:{}",
        "O:3:\"a b\":0:{}",
        "O:0:\"\":0:{}",
        "E:3:\"a b\";",
        "E:2:\"A:\";",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    refused("E:1:\"A\";", 2, ReadProblem::EnumWithoutCase);
    assert!(read("O:9:\"App\\日本\":0:{}").is_err());
    assert!(read("O:10:\"App\\日本\":0:{}").is_ok());
}

#[test]
fn visibility_is_stripped_and_the_objects_own_private_property_wins() {
    let text = "O:5:\"Child\":4:{s:11:\"\0Child\0name\";s:1:\"C\";s:12:\"\0Parent\0name\";s:1:\"P\";\
                s:7:\"\0*\0prot\";i:1;s:3:\"pub\";i:2;}";
    check(
        text,
        &json!({"@class": "Child", "name": "C", "prot": 1, "pub": 2}),
    );
    let document = read(text).unwrap();
    let root = document.root();
    assert_eq!(root.class_name(), Some("Child"));
    assert_eq!(root.get("name").and_then(Value::as_str), Some("C"));
    assert_eq!(root.entries().count(), 4);
    let visibilities: Vec<_> = root.properties().iter().map(|p| p.visibility).collect();
    let private = Visibility::Private { class: b"Child" };
    assert_eq!(
        visibilities,
        [private, Visibility::Protected, Visibility::Public]
    );
}

#[test]
fn the_nearest_parents_private_property_is_seen_when_the_class_has_none() {
    let text = "O:1:\"C\":2:{s:4:\"\0A\0x\";i:1;s:4:\"\0B\0x\";i:2;}";
    check(text, &json!({"@class": "C", "x": 2}));
}

#[test]
fn a_name_mangled_in_no_known_way_stays_whole() {
    for name in ["\0", "\0a", "\0\0x", "\0*\0", "\0A\0", "\0*\0\0A\0x"] {
        let text = format!("O:1:\"C\":1:{{s:{}:\"{name}\";i:1;}}", name.len());
        assert!(read(&text).unwrap().root().get(name).is_some(), "{name:?}");
    }
}

#[test]
fn an_error_says_where_and_what() {
    let error = read("a:1:{i:0;x:1;}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "reading php serialize() text at byte 9: `x` is not a type of php serialize()"
    );
}
