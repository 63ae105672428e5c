//! What PHP values become in Rust types.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DeserializeError> {
    let document = parse(text.as_bytes(), &Limits::default()).unwrap();
    from_value(document.root())
}

#[track_caller]
fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str, expected: &T) {
    assert_eq!(&read::<T>(text).unwrap(), expected, "{text}");
}

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Suit {
    Hearts,
    Spades,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct ImportCsv {
    url: String,
    row_limit: Option<u32>,
    #[serde(default)]
    tags: Vec<String>,
    ratio: f64,
    suit: Suit,
}

#[test]
fn an_object_fills_a_struct_whatever_the_visibility() {
    let text = "O:3:\"Job\":6:{s:3:\"url\";s:1:\"u\";s:11:\"\0*\0rowLimit\";N;s:10:\"\0Job\0ratio\";i:2;\
                s:4:\"suit\";E:12:\"Suits:Hearts\";s:5:\"queue\";N;s:4:\"tags\";a:1:{i:0;s:1:\"t\";}}";
    check(
        text,
        &ImportCsv {
            url: "u".to_owned(),
            row_limit: None,
            tags: vec!["t".to_owned()],
            ratio: 2.0,
            suit: Suit::Hearts,
        },
    );
}

#[test]
fn an_array_with_string_keys_fills_a_struct() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Point {
        x: i8,
        y: f32,
    }
    check(
        "a:2:{s:1:\"x\";i:-1;s:1:\"y\";d:0.5;}",
        &Point { x: -1, y: 0.5 },
    );
}

#[test]
fn an_empty_array_is_a_sequence_a_map_and_a_struct_without_required_fields() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Options {
        #[serde(default)]
        depth: u8,
    }
    check("a:0:{}", &Vec::<u8>::new());
    check("a:0:{}", &BTreeMap::<String, u8>::new());
    check("a:0:{}", &Options { depth: 0 });
    check("a:0:{}", &json!([]));
}

#[test]
fn lists_fill_sequences_tuples_and_maps() {
    let text = "a:2:{i:0;i:7;i:1;i:8;}";
    check(text, &vec![7, 8]);
    check(text, &(7_u8, 8_i64));
    check(text, &[7_u16, 8]);
    check(text, &BTreeMap::from([(0_u32, 7), (1, 8)]));
    check(
        text,
        &BTreeMap::from([("0".to_owned(), 7), ("1".to_owned(), 8)]),
    );
}

#[test]
fn a_tuple_that_is_too_short_does_not_lose_elements() {
    let error = read::<(u8, u8)>("a:3:{i:0;i:7;i:1;i:8;i:2;i:9;}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "deserializing the outermost value: invalid length 3, expected a sequence of 2"
    );
}

#[test]
fn an_array_with_gaps_is_a_map_and_no_sequence() {
    let text = "a:2:{i:1;s:1:\"a\";i:5;s:1:\"b\";}";
    check(text, &BTreeMap::from([(1, 'a'), (5, 'b')]));
    check(text, &json!({"1": "a", "5": "b"}));
    let error = read::<Vec<String>>(text).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::NotAList);
}

#[test]
fn an_integer_key_is_a_name_and_not_a_position_of_a_field() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Job {
        #[serde(default)]
        id: u8,
        #[serde(rename = "0", default)]
        zero: u8,
    }
    check("O:1:\"J\":1:{i:0;i:7;}", &Job { id: 0, zero: 7 });
}

#[test]
fn an_enum_case_is_a_variant_by_name_or_a_string() {
    let text = "E:10:\"S\\T:Spades\";";
    check(text, &Suit::Spades);
    check(text, &"Spades".to_owned());
    check(text, &json!("Spades"));
    check("s:6:\"Hearts\";", &Suit::Hearts);
    let error = read::<Suit>("E:7:\"S:Clubs\";").unwrap_err();
    assert!(error.to_string().contains("unknown variant `…`"), "{error}");
    check(
        "a:1:{s:6:\"Spades\";i:1;}",
        &BTreeMap::from([(Suit::Spades, 1)]),
    );
}

#[test]
fn an_array_with_one_entry_fills_a_variant_with_content() {
    #[derive(Debug, Deserialize, PartialEq)]
    enum Shape {
        Circle { radius: f64 },
        Line(u8, u8),
    }
    check(
        "a:1:{s:6:\"Circle\";a:1:{s:6:\"radius\";d:1.5;}}",
        &Shape::Circle { radius: 1.5 },
    );
    check(
        "a:1:{s:4:\"Line\";a:2:{i:0;i:1;i:1;i:2;}}",
        &Shape::Line(1, 2),
    );
    assert!(read::<Shape>("a:2:{s:4:\"Line\";N;s:6:\"Circle\";N;}").is_err());
}

#[test]
fn scalars_fill_what_asks_for_them_and_nothing_else() {
    check("i:5;", &5.0_f64);
    check("i:5;", &5_u64);
    check("s:3:\"漢\";", &'漢');
    check("N;", &None::<u8>);
    check("i:1;", &Some(1_u8));
    check("N;", &());
    assert!(read::<u8>("i:256;").is_err());
    assert!(read::<u8>("i:-1;").is_err());
    assert!(read::<u8>("d:1;").is_err());
    assert!(read::<u8>("s:1:\"1\";").is_err());
    assert!(read::<bool>("i:1;").is_err());
    assert!(read::<String>("i:1;").is_err());
    assert!(read::<String>("N;").is_err());
    assert!(read::<Vec<u8>>("s:3:\"abc\";").is_err());
}

#[test]
fn floats_without_a_json_form_fill_floats_but_not_json() {
    check("d:INF;", &f64::INFINITY);
    assert!(read::<f64>("d:NAN;").unwrap().is_nan());
    let error = read::<serde_json::Value>("a:1:{s:1:\"x\";d:NAN;}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "deserializing `x`: the float NaN has no form in json; only a field of a float type can take it"
    );
}

#[test]
fn bytes_that_are_not_text_fill_a_byte_buffer_but_no_string() {
    let bytes = b"a:1:{s:1:\"b\";s:2:\"\xff\xfe\";}";
    let limits = Limits::default();
    let map: BTreeMap<String, Bytes> = from_bytes(bytes, &limits).unwrap();
    assert_eq!(map["b"], Bytes(vec![0xff, 0xfe]));
    let error = from_bytes::<BTreeMap<String, String>>(bytes, &limits).unwrap_err();
    let FromBytesError::Deserialize(error) = error else {
        panic!("it can be read: {error}");
    };
    assert_eq!(error.problem, DeserializeProblem::NotUtf8);
    assert_eq!(error.path.to_string(), "`b`");
}

#[test]
fn a_property_whose_name_is_not_text_can_be_ignored() {
    #[derive(Debug, Deserialize)]
    struct Job {
        id: u8,
    }
    let text = b"O:1:\"J\":2:{s:1:\"\xff\";i:1;s:2:\"id\";i:7;}";
    let job: Job = from_bytes(text, &Limits::default()).unwrap();
    assert_eq!(job.id, 7);
}

#[test]
fn an_object_fills_json_without_visibility_and_class() {
    check(
        "O:3:\"Job\":2:{s:4:\"\0*\0a\";a:1:{i:0;b:1;}s:1:\"b\";O:1:\"B\":0:{}}",
        &json!({"a": [true], "b": {}}),
    );
}

#[test]
fn a_job_without_fields_is_a_unit_struct() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Prune;
    check("O:5:\"Prune\":1:{s:5:\"queue\";N;}", &Prune);
    check("a:0:{}", &Prune);
    assert!(read::<Prune>("i:1;").is_err());
}

#[test]
fn a_class_with_a_form_of_its_own_is_named_in_the_refusal() {
    let error = read::<BTreeMap<String, u8>>("C:3:\"Foo\":1:{x}").unwrap_err();
    let class = "Foo".to_owned();
    assert_eq!(error.problem, DeserializeProblem::Custom { class });
    check("C:3:\"Foo\":1:{x}", &Bytes(b"x".to_vec()));
}

#[test]
fn an_error_names_the_way_to_the_value() {
    #[derive(Debug, Deserialize)]
    struct Job {
        #[expect(dead_code, reason = "only its path matters")]
        data: Data,
    }
    #[derive(Debug, Deserialize)]
    struct Data {
        #[expect(dead_code, reason = "only its path matters")]
        rows: Vec<Row>,
    }
    #[derive(Debug, Deserialize)]
    struct Row {
        #[expect(dead_code, reason = "only its path matters")]
        name: String,
    }
    let text = "O:3:\"Job\":1:{s:4:\"data\";a:1:{s:4:\"rows\";a:2:{i:0;a:1:{s:4:\"name\";s:1:\"a\";}\
                i:1;a:1:{s:4:\"name\";i:5;}}}}";
    assert_eq!(
        read::<Job>(text).unwrap_err().to_string(),
        "deserializing `data.rows[1].name`: invalid type: integer `…`, expected a string"
    );
    let missing = text.replace("s:4:\"name\";i:5;", "s:4:\"nome\";i:5;");
    assert_eq!(
        read::<Job>(&missing).unwrap_err().to_string(),
        "deserializing `data.rows[1]`: missing field `name`"
    );
}

#[test]
fn the_same_object_twice_fills_two_fields() {
    check(
        "a:2:{i:0;O:1:\"P\":1:{s:1:\"x\";i:1;}i:1;r:2;}",
        &vec![BTreeMap::from([("x".to_owned(), 1)]); 2],
    );
}
