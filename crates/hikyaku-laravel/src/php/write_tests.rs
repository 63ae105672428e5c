//! What is written, and what becomes of it when values are changed.

use super::*;

fn read(text: &str) -> Document<'_> {
    parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn text(document: &Document<'_>) -> String {
    String::from_utf8(write(document.root()).unwrap()).unwrap()
}

#[track_caller]
fn check(given: &str, expected: &str) {
    assert_eq!(text(&read(given)), expected, "{given}");
}

#[test]
fn what_php_writes_comes_out_byte_for_byte() {
    for given in [
        "N;",
        "b:0;",
        "b:1;",
        "i:-9223372036854775808;",
        "d:-0;",
        "d:1.0E+25;",
        "d:NAN;",
        "s:0:\"\";",
        "s:6:\"日本\";",
        "s:3:\"\";i\";",
        "a:0:{}",
        "a:3:{i:5;N;s:2:\"05\";b:1;i:-1;s:1:\"x\";}",
        "O:8:\"stdClass\":0:{}",
        "O:3:\"Job\":3:{s:1:\"a\";i:1;s:4:\"\0*\0b\";d:0.5;s:6:\"\0Job\0c\";a:1:{i:0;N;}}",
        "E:11:\"Suit:Hearts\";",
        "a:2:{i:0;E:11:\"Suit:Hearts\";i:1;r:2;}",
        "a:3:{i:0;O:8:\"stdClass\":1:{s:1:\"x\";i:1;}i:1;r:2;i:2;R:2;}",
        "a:3:{i:0;i:1;i:1;R:2;i:2;i:3;}",
        "O:8:\"stdClass\":3:{s:4:\"self\";r:1;s:3:\"ref\";R:1;s:4:\"more\";R:1;}",
        "a:1:{i:0;a:1:{i:0;R:2;}}",
        "a:4:{i:0;N;i:1;R:2;i:2;O:1:\"A\":0:{}i:3;r:3;}",
    ] {
        check(given, given);
    }
}

#[test]
fn what_php_reads_but_never_writes_comes_out_as_php_8_2_was_seen_to_write_it() {
    for (given, expected) in [
        ("i:+5;", "i:5;"),
        ("d:.5;", "d:0.5;"),
        ("d:5.;", "d:5;"),
        ("d:1E3;", "d:1000;"),
        ("S:2:\"\\61b\";", "s:2:\"ab\";"),
        ("N;rest", "N;"),
        (
            "O:1:\"A\":1:{s:1:\"a\";R:1;}",
            "O:1:\"A\":1:{s:1:\"a\";r:1;}",
        ),
        ("a:1:{s:1:\"5\";N;}", "a:1:{i:5;N;}"),
        ("a:2:{i:0;i:1;i:0;i:2;}", "a:1:{i:0;i:2;}"),
        (
            "a:2:{i:0;E:3:\"A:B\";i:1;E:3:\"A:B\";}",
            "a:2:{i:0;E:3:\"A:B\";i:1;r:2;}",
        ),
        (
            "a:3:{i:0;O:1:\"A\":0:{}i:1;r:2;i:2;R:3;}",
            "a:3:{i:0;O:1:\"A\":0:{}i:1;R:2;i:2;R:2;}",
        ),
    ] {
        check(given, expected);
    }
}

#[test]
fn references_to_a_value_that_a_repeated_key_replaced_share_it_still() {
    check(
        "a:3:{i:0;O:1:\"A\":0:{}i:0;i:1;i:1;r:2;}",
        "a:2:{i:0;i:1;i:1;O:1:\"A\":0:{}}",
    );
    check(
        "a:3:{i:0;N;i:1;O:1:\"A\":0:{}i:0;r:3;}",
        "a:2:{i:0;O:1:\"A\":0:{}i:1;r:2;}",
    );
    check("a:3:{i:0;N;i:1;i:5;i:0;R:3;}", "a:2:{i:0;i:5;i:1;R:2;}");
}

/// PHP hands `serialize()` a copy, so it never writes a reference to the outermost array.
#[test]
fn an_outermost_array_that_is_referred_to_is_written_with_its_copy_inside() {
    check("a:1:{i:0;R:1;}", "a:1:{i:0;a:1:{i:0;R:2;}}");
    let document = read("a:1:{s:1:\"x\";a:2:{i:0;R:2;i:1;s:1:\"y\";}}");
    let inner = write(document.root().get("x").unwrap()).unwrap();
    assert_eq!(
        String::from_utf8(inner).unwrap(),
        "a:2:{i:0;a:2:{i:0;R:2;i:1;s:1:\"y\";}i:1;s:1:\"y\";}"
    );
}

#[test]
fn a_part_is_written_with_what_it_shares_with_the_rest() {
    let document = read("a:2:{i:0;O:1:\"A\":1:{s:1:\"v\";i:1;}i:1;a:2:{i:0;r:2;i:1;r:2;}}");
    let part = document.root().get("1").unwrap();
    let expected = "a:2:{i:0;O:1:\"A\":1:{s:1:\"v\";i:1;}i:1;r:2;}";
    assert_eq!(write(part).unwrap(), expected.as_bytes());
    let copy = Document::from(part);
    assert_eq!(text(&copy), expected);
    assert_eq!(copy.nodes.len(), 5);
}

#[test]
fn the_form_of_a_class_of_its_own_is_refused_by_name() {
    let error = write(read("a:1:{i:0;C:1:\"A\":2:{xy}}").root()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "writing php serialize() text: class `A` has a form of its own, which can only be read"
    );
}

#[test]
fn references_are_counted_anew_when_values_are_added_and_taken_out() {
    let mut document = read(
        "O:3:\"Job\":4:{s:7:\"chained\";a:2:{i:0;s:1:\"x\";i:1;s:1:\"y\";}s:4:\"user\";O:4:\"User\":0:{}\
         s:5:\"admin\";r:5;s:5:\"queue\";N;}",
    );
    let mut job = document.root_mut();
    job.set("chained", Document::list(["z"])).unwrap();
    job.set("chainQueue", "imports").unwrap();
    assert_eq!(
        text(&document),
        "O:3:\"Job\":5:{s:7:\"chained\";a:1:{i:0;s:1:\"z\";}s:4:\"user\";O:4:\"User\":0:{}s:5:\"admin\";r:4;\
         s:5:\"queue\";N;s:10:\"chainQueue\";s:7:\"imports\";}"
    );
}

#[test]
fn an_object_that_stood_in_what_was_replaced_is_written_where_it_is_still_shared() {
    let mut document = read(
        "O:3:\"Job\":3:{s:1:\"a\";a:1:{i:0;O:4:\"User\":1:{s:2:\"id\";i:7;}}s:1:\"b\";r:3;s:1:\"c\";R:3;}",
    );
    document.root_mut().set("a", Document::null()).unwrap();
    let expected =
        "O:3:\"Job\":3:{s:1:\"a\";N;s:1:\"b\";O:4:\"User\":1:{s:2:\"id\";i:7;}s:1:\"c\";r:3;}";
    assert_eq!(text(&document), expected);
    assert_eq!(text(&read(expected)), expected);
}

#[test]
fn a_property_keeps_its_visibility_and_its_place_when_it_is_set() {
    let mut document =
        read("O:3:\"Job\":3:{s:6:\"\0Old\0a\";i:1;s:4:\"\0*\0a\";i:2;s:1:\"b\";i:3;}");
    document
        .root_mut()
        .set("a", 5)
        .unwrap()
        .set("b", true)
        .unwrap();
    assert_eq!(
        text(&document),
        "O:3:\"Job\":3:{s:6:\"\0Old\0a\";i:1;s:4:\"\0*\0a\";i:5;s:1:\"b\";b:1;}"
    );
}

#[test]
fn a_place_that_was_a_php_reference_is_none_any_more_when_it_is_set() {
    let given = "O:3:\"Job\":3:{s:1:\"a\";i:1;s:1:\"b\";R:2;s:1:\"c\";R:2;}";
    let mut document = read(given);
    document.root_mut().set("a", 9).unwrap();
    assert_eq!(
        text(&document),
        "O:3:\"Job\":3:{s:1:\"a\";i:9;s:1:\"b\";i:1;s:1:\"c\";R:3;}"
    );
    let mut document = read(given);
    document.root_mut().set("b", 9).unwrap();
    assert_eq!(
        text(&document),
        "O:3:\"Job\":3:{s:1:\"a\";i:1;s:1:\"b\";i:9;s:1:\"c\";R:2;}"
    );
}

#[test]
fn parts_of_other_documents_bring_what_they_share() {
    let other = read("a:2:{i:0;O:1:\"C\":0:{}i:1;a:2:{i:0;r:2;i:1;r:2;}}");
    let mut document = read("O:3:\"Job\":2:{s:1:\"u\";O:1:\"U\":0:{}s:1:\"v\";r:2;}");
    let mut job = document.root_mut();
    job.set("u", other.root().get("1").unwrap()).unwrap();
    assert_eq!(
        text(&document.into_owned()),
        "O:3:\"Job\":2:{s:1:\"u\";a:2:{i:0;O:1:\"C\":0:{}i:1;r:3;}s:1:\"v\";O:1:\"U\":0:{}}"
    );
}

#[test]
fn arrays_are_changed_by_key_and_grow_as_in_php() {
    let mut document = read("O:3:\"Job\":1:{s:1:\"a\";a:1:{i:-5;N;}}");
    let mut array = document.root_mut().get("a").unwrap();
    array.push(1).unwrap().push("x").unwrap();
    array
        .set("7", false)
        .unwrap()
        .push(Document::null())
        .unwrap();
    assert!(array.remove("1"));
    assert!(!array.remove("1"));
    array.set_element("01", 2.5).unwrap();
    assert_eq!(
        text(&document),
        "O:3:\"Job\":1:{s:1:\"a\";a:5:{i:-5;N;i:0;i:1;i:7;b:0;i:8;N;s:2:\"01\";d:2.5;}}"
    );
    let mut full = Document::array([(i64::MAX, 1)]);
    assert_eq!(full.root_mut().push(2).unwrap_err(), BuildError::NoNextKey);
}

#[test]
fn a_property_of_something_without_properties_is_an_error() {
    let mut document = read("i:1;");
    let mut root = document.root_mut();
    assert!(matches!(
        root.set("a", 1),
        Err(BuildError::NoProperties { .. })
    ));
    assert!(matches!(root.push(1), Err(BuildError::NotAnArray)));
    assert!(!root.remove("a"));
    assert!(root.get("a").is_none());
}

#[test]
fn an_object_from_rust_states_who_may_see_each_property() {
    let inner = ObjectBuilder::new("App\\Point")
        .public("x", 1)
        .build()
        .unwrap();
    let object = ObjectBuilder::new("App\\Jobs\\Import")
        .public("url", "u")
        .protected("limit", Some(10))
        .private("App\\Jobs\\Base", "seed", Bytes(vec![0xff]))
        .public("points", Document::list([inner.clone(), inner]))
        .public("suit", Document::enum_case("App\\Suit", "Hearts").unwrap())
        .build()
        .unwrap();
    let mut expected = b"O:15:\"App\\Jobs\\Import\":5:{s:3:\"url\";s:1:\"u\";s:8:\"\0*\0limit\";i:10;\
          s:19:\"\0App\\Jobs\\Base\0seed\";s:1:\"\xff\";s:6:\"points\";a:2:{i:0;O:9:\"App\\Point\":1:{s:1:\"x\";i:1;}\
          i:1;O:9:\"App\\Point\":1:{s:1:\"x\";i:1;}}s:4:\"suit\";E:15:\"App\\Suit:Hearts\";}"
        .to_vec();
    assert_eq!(write(object.root()).unwrap(), expected);
    expected.push(b'x');
    assert_eq!(
        parse(&expected, &Limits::default()).unwrap().bytes_read(),
        expected.len() - 1
    );
}

#[test]
fn names_that_php_cannot_read_are_refused() {
    for class in ["", "a b", "A\0B", "A:B"] {
        assert!(ObjectBuilder::new(class).build().is_err(), "{class:?}");
        assert!(Document::enum_case(class, "A").is_err());
        assert!(Document::enum_case("A", class).is_err());
    }
    let object = || ObjectBuilder::new("A");
    assert!(object().public("\0*\0a", 1).build().is_err());
    assert!(object().protected("", 1).build().is_err());
    assert!(object().private("A", "a\0b", 1).build().is_err());
    assert!(object().private("*", "a", 1).build().is_err());
    assert!(object().public("", 1).public("a\0", 2).build().is_ok());
}

/// What PHP 8.2 was seen to write after `unset()`.
#[test]
fn a_reference_to_an_object_ends_when_the_other_places_of_it_are_taken_out() {
    for (text, gone, expected) in [
        (
            "O:8:\"stdClass\":2:{s:1:\"x\";r:1;s:1:\"b\";a:1:{i:0;R:2;}}",
            "x",
            "O:8:\"stdClass\":1:{s:1:\"b\";a:1:{i:0;r:1;}}",
        ),
        (
            "a:3:{i:0;O:8:\"stdClass\":0:{}i:2;r:2;i:1;R:2;}",
            "0",
            "a:2:{i:2;O:8:\"stdClass\":0:{}i:1;r:2;}",
        ),
        (
            "a:3:{i:0;O:8:\"stdClass\":0:{}s:1:\"k\";R:2;s:1:\"l\";R:2;}",
            "k",
            "a:2:{i:0;O:8:\"stdClass\":0:{}s:1:\"l\";R:2;}",
        ),
    ] {
        let mut document = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert!(document.root_mut().remove(gone));
        let written = write(document.root()).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected, "{text}");
    }
}

#[test]
fn a_reference_to_a_place_that_a_repeated_key_replaced_is_written_the_same_twice() {
    let text = "O:1:\"A\":2:{s:1:\"x\";a:2:{i:5;r:1;i:5;i:0;}s:1:\"y\";R:3;}";
    let document = parse(text.as_bytes(), &Limits::default()).unwrap();
    let written = write(document.root()).unwrap();
    let again = parse(&written, &Limits::default()).unwrap();
    assert_eq!(write(again.root()).unwrap(), written);
}
