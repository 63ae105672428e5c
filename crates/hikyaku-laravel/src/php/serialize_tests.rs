//! What Rust types become in PHP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::*;

#[track_caller]
fn check<T: Serialize + ?Sized>(value: &T, expected: &str) {
    let text = to_bytes(value).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
enum Shape {
    Nothing,
    One(i32),
    Two(i32, i32),
    Named { side: f64 },
}

#[test]
fn scalars_become_what_php_has_for_them() {
    check(&true, "b:1;");
    check(&-5_i8, "i:-5;");
    check(&u64::from(u32::MAX), "i:4294967295;");
    check(&i64::MIN, "i:-9223372036854775808;");
    check(&0.5_f32, "d:0.5;");
    check(&f64::NEG_INFINITY, "d:-INF;");
    check(&'語', "s:3:\"語\";");
    check("text", "s:4:\"text\";");
    check(&None::<i32>, "N;");
    check(&Some(1), "i:1;");
    check(&(), "N;");
    assert_eq!(to_bytes(&Bytes(vec![0, 255])).unwrap(), b"s:2:\"\0\xff\";");
}

#[test]
fn structs_and_maps_become_arrays_and_sequences_become_lists() {
    #[derive(Serialize)]
    struct Point {
        x: i32,
        #[serde(rename = "7")]
        y: (i32, bool),
    }
    #[derive(Serialize)]
    struct Nothing;
    let point = Point { x: 1, y: (2, true) };
    check(&point, "a:2:{s:1:\"x\";i:1;i:7;a:2:{i:0;i:2;i:1;b:1;}}");
    check(&vec!["a"; 2], "a:2:{i:0;s:1:\"a\";i:1;s:1:\"a\";}");
    check(&Vec::<i32>::new(), "a:0:{}");
    check(&Nothing, "a:0:{}");
    let map = BTreeMap::from([("05", 1), ("5", 2), ("-0", 3), ("", 4)]);
    check(
        &map,
        "a:4:{s:0:\"\";i:4;s:2:\"-0\";i:3;s:2:\"05\";i:1;i:5;i:2;}",
    );
    check(&BTreeMap::from([(-1, 0)]), "a:1:{i:-1;i:0;}");
    check(&BTreeMap::from([('x', 0)]), "a:1:{s:1:\"x\";i:0;}");
}

#[test]
fn variants_are_read_back_as_they_were_written() {
    for (shape, expected) in [
        (Shape::Nothing, "s:7:\"Nothing\";"),
        (Shape::One(1), "a:1:{s:3:\"One\";i:1;}"),
        (Shape::Two(1, 2), "a:1:{s:3:\"Two\";a:2:{i:0;i:1;i:1;i:2;}}"),
        (
            Shape::Named { side: 1.5 },
            "a:1:{s:5:\"Named\";a:1:{s:4:\"side\";d:1.5;}}",
        ),
    ] {
        check(&shape, expected);
        let list = vec![shape];
        let text = to_bytes(&list).unwrap();
        let back: Vec<Shape> = from_bytes(&text, &Limits::default()).unwrap();
        assert_eq!(back, list);
    }
}

#[test]
fn integers_beyond_those_of_php_are_refused_with_their_place() {
    let value = BTreeMap::from([("ids", vec![1, u64::MAX])]);
    assert_eq!(
        to_bytes(&value).unwrap_err().to_string(),
        "serializing `ids[1]` for php: the integer does not fit into 64 bits with a sign; write it as a string"
    );
    let key = BTreeMap::from([(u64::MAX, 1)]);
    let problem = to_bytes(&key).unwrap_err().problem;
    assert_eq!(problem, SerializeProblem::IntegerOverflow);
    assert!(to_bytes(&i128::MIN).is_err());
}

#[test]
fn keys_that_are_no_integers_or_strings_are_refused() {
    let problem = to_bytes(&BTreeMap::from([(true, 1)])).unwrap_err().problem;
    assert_eq!(problem, SerializeProblem::InvalidKey);
    let problem = to_bytes(&BTreeMap::from([((1, 2), 1)]))
        .unwrap_err()
        .problem;
    assert_eq!(problem, SerializeProblem::InvalidKey);
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Import {
    url: String,
    #[serde(rename(serialize = "\0*\0limit"))]
    limit: i32,
    #[serde(rename(serialize = "5"))]
    five: Option<i32>,
}

#[test]
fn an_object_keeps_its_class_in_both_directions() {
    let object = Object {
        class: "App\\Import".to_owned(),
        properties: Import {
            url: "u".to_owned(),
            limit: 3,
            five: None,
        },
    };
    let text = "O:10:\"App\\Import\":3:{s:3:\"url\";s:1:\"u\";s:8:\"\0*\0limit\";i:3;s:1:\"5\";N;}";
    check(&object, text);
    check(&vec![Some(&object)], &format!("a:1:{{i:0;{text}}}"));
    let back: Vec<Object<Import>> =
        from_bytes(format!("a:1:{{i:0;{text}}}").as_bytes(), &Limits::default()).unwrap();
    assert_eq!(back, [object]);
}

#[test]
fn an_object_is_its_properties_in_other_formats() {
    let object = Object {
        class: "A".to_owned(),
        properties: BTreeMap::from([("x", 1)]),
    };
    assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"x":1}"#);
    let error = serde_json::from_str::<Object<BTreeMap<String, i32>>>(r#"{"x":1}"#).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the value is not a php object")
    );
}

#[test]
fn a_list_of_properties_keeps_its_integers() {
    let object = Object {
        class: "ArrayObject".to_owned(),
        properties: (0, [1], ()),
    };
    check(
        &object,
        "O:11:\"ArrayObject\":3:{i:0;i:0;i:1;a:1:{i:0;i:1;}i:2;N;}",
    );
}

#[test]
fn a_case_keeps_its_enum_in_both_directions_and_is_one_object_to_php() {
    let case = EnumCase {
        class: "App\\Suit".to_owned(),
        case: "Hearts".to_owned(),
    };
    let text = "a:2:{i:0;E:15:\"App\\Suit:Hearts\";i:1;r:2;}";
    let cases = vec![case; 2];
    check(&cases, text);
    let back: Vec<EnumCase> = from_bytes(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(back, cases);
    assert_eq!(
        serde_json::to_string(&cases).unwrap(),
        r#"["Hearts","Hearts"]"#
    );
}

#[test]
fn what_is_no_class_or_case_is_refused() {
    struct AsEnum(Shape);
    impl Serialize for AsEnum {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            as_enum(&self.0, serializer)
        }
    }
    check(&AsEnum(Shape::Nothing), "E:13:\"Shape:Nothing\";");
    let problem = to_bytes(&AsEnum(Shape::One(1))).unwrap_err().problem;
    assert_eq!(problem, SerializeProblem::NotAClass);
    let object = |class: &str| Object {
        class: class.to_owned(),
        properties: 5,
    };
    let problem = to_bytes(&object("A")).unwrap_err().problem;
    assert_eq!(problem, SerializeProblem::NotProperties);
    let problem = to_bytes(&object("A:B")).unwrap_err().problem;
    assert!(matches!(problem, SerializeProblem::Invalid(_)));
}

#[test]
fn a_repeated_key_has_its_last_value() {
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("1", 1), ("x", 2), ("1", 3)])
        }
    }
    check(&Twice, "a:2:{i:1;i:3;s:1:\"x\";i:2;}");
}

#[test]
fn a_name_that_php_calls_corrupt_is_written_as_it_was_read() {
    let text = "O:1:\"C\":1:{s:7:\"\0*\0\0A\0x\";i:1;}";
    let object: Object<std::collections::BTreeMap<String, i64>> =
        from_bytes(text.as_bytes(), &Limits::default()).unwrap();
    check(&object, text);
}
