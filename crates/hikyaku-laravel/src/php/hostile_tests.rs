//! Input made to exhaust the stack, the memory or the time of whoever reads it.

use std::fmt::Write;

use super::*;

type Json = serde_json::Value;

fn nested(levels: usize) -> String {
    let mut text = "a:1:{i:0;".repeat(levels);
    text += "N;";
    text += &"}".repeat(levels);
    text
}

fn unlimited() -> Limits {
    Limits::default()
        .with_input_bytes(usize::MAX)
        .with_depth(usize::MAX)
        .with_nodes(usize::MAX)
}

#[track_caller]
fn read_problem(bytes: &[u8], limits: &Limits) -> ReadProblem {
    parse(bytes, limits).unwrap_err().problem
}

#[test]
fn a_million_nested_arrays_are_refused_by_size_and_by_depth() {
    let bomb = nested(1_000_000);
    let limits = Limits::default();
    assert!(matches!(
        read_problem(bomb.as_bytes(), &limits),
        ReadProblem::InputTooLong { .. }
    ));
    let limits = limits.with_input_bytes(usize::MAX);
    let too_deep = ReadProblem::TooDeep { limit: 4096 };
    assert_eq!(read_problem(bomb.as_bytes(), &limits), too_deep);
}

#[test]
fn a_million_nested_arrays_take_no_stack_even_without_limits() {
    let bomb = nested(1_000_000);
    let document = parse(bomb.as_bytes(), &unlimited()).unwrap();
    let limit = 128;
    let error = from_value::<Json>(document.root()).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::TooDeep { limit });
    assert_eq!(error.path.segments().count(), 128);
    let error = to_inspection_json(document.root(), Names::Plain).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::TooDeep { limit });
    assert!(parse(&bomb.as_bytes()[..9_000_000], &unlimited()).is_err());
}

#[test]
fn nesting_up_to_the_limit_is_read_and_converted() {
    let limits = Limits::default();
    assert!(parse(nested(4096).as_bytes(), &limits).is_ok());
    assert!(parse(nested(4097).as_bytes(), &limits).is_err());
    assert!(from_bytes::<Json>(nested(128).as_bytes(), &limits).is_ok());
    assert!(from_bytes::<Json>(nested(129).as_bytes(), &limits).is_err());
}

#[test]
fn a_deep_value_in_a_property_nobody_asks_for_is_stepped_over() {
    #[derive(serde::Deserialize)]
    struct Job {
        id: u32,
    }
    let text = format!(
        "O:3:\"Job\":2:{{s:4:\"deep\";{}s:2:\"id\";i:7;}}",
        nested(1000)
    );
    let job: Job = from_bytes(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(job.id, 7);
}

#[test]
fn lengths_and_counts_that_lie_are_found_before_memory_is_taken() {
    for text in [
        "s:18446744073709551615:\"a\";",
        "s:9999999999999:\"a\";",
        "S:9999999999999:\"a\";",
        "a:9999999999999:{i:0;N;}",
        "O:9999999999999:\"A\":0:{}",
        "O:1:\"A\":9999999999999:{}",
        "C:1:\"A\":9999999999999:{}",
        "E:9999999999999:\"A:B\";",
        "a:99999999999999999999999999:{}",
        "r:99999999999999999999999999;",
    ] {
        let problem = read_problem(text.as_bytes(), &unlimited());
        assert!(
            matches!(
                problem,
                ReadProblem::LengthBeyondInput { .. } | ReadProblem::IntegerOverflow
            ),
            "{text}: {problem}"
        );
    }
}

#[test]
fn counts_that_do_not_match_the_entries_are_refused() {
    assert!(parse(b"a:1:{}", &Limits::default()).is_err());
    assert!(parse(b"a:2:{i:0;N;}", &Limits::default()).is_err());
    assert!(parse(b"a:0:{i:0;N;}", &Limits::default()).is_err());
    assert!(parse(b"O:1:\"A\":1:{i:0;N;i:1;N;}", &Limits::default()).is_err());
    assert!(parse(b"C:1:\"A\":1:{ab}", &Limits::default()).is_err());
}

#[test]
fn a_value_cut_anywhere_is_refused() {
    let text = "O:3:\"Job\":8:{s:1:\"a\";a:2:{i:0;i:1;i:1;d:2.5;}s:4:\"\0*\0b\";b:1;s:1:\"c\";N;\
                s:1:\"d\";E:3:\"E:X\";s:1:\"e\";r:1;s:1:\"f\";R:2;S:1:\"\\67\";C:1:\"C\":2:{xy}\
                s:1:\"h\";s:2:\"hi\";}";
    assert!(parse(text.as_bytes(), &Limits::default()).is_ok());
    for length in 0..text.len() {
        assert!(
            parse(&text.as_bytes()[..length], &Limits::default()).is_err(),
            "{length}"
        );
    }
}

#[test]
fn more_values_than_the_limit_are_refused() {
    let limits = Limits::default().with_nodes(3);
    assert!(parse(b"a:2:{i:0;N;i:1;N;}", &limits).is_ok());
    let limit = 3;
    assert_eq!(
        read_problem(b"a:3:{i:0;N;i:1;N;i:2;N;}", &limits),
        ReadProblem::TooManyValues { limit }
    );
    assert_eq!(
        read_problem(b"a:3:{i:0;N;i:1;N;i:2;R:2;}", &limits),
        ReadProblem::TooManyValues { limit }
    );
}

/// Each array holds the one before it twice.
fn doubling(times: usize) -> String {
    let mut text = format!("a:{}:{{i:0;a:2:{{i:0;N;i:1;N;}}", times + 1);
    for level in 1..=times {
        let before = if level == 1 { 2 } else { level + 3 };
        write!(text, "i:{level};a:2:{{i:0;R:{before};i:1;R:{before};}}").unwrap();
    }
    text + "}"
}

#[test]
fn references_that_double_forty_times_are_cut_off_when_followed() {
    let text = doubling(40);
    let limit = 100_000;
    let limits = Limits::default().with_expanded_nodes(limit);
    let document = parse(text.as_bytes(), &limits).unwrap();
    let error = from_value::<Json>(document.root()).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::TooManyValues { limit });
    let error = to_inspection_json(document.root(), Names::Plain).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::TooManyValues { limit });
}

#[test]
fn many_references_to_one_long_string_or_key_are_cut_off() {
    let long = "x".repeat(500_000);
    for first in [
        format!("s:500000:\"{long}\";"),
        format!("a:1:{{s:500000:\"{long}\";N;}}"),
    ] {
        let mut text = format!("a:40001:{{i:0;{first}");
        for index in 1..=40_000 {
            write!(text, "i:{index};R:2;").unwrap();
        }
        text += "}";
        let document = parse(text.as_bytes(), &Limits::default()).unwrap();
        let limit = 250_000;
        let error = from_value::<Json>(document.root()).unwrap_err();
        assert_eq!(error.problem, DeserializeProblem::TooManyValues { limit });
        let error = to_inspection_json(document.root(), Names::Plain).unwrap_err();
        assert_eq!(error.problem, DeserializeProblem::TooManyValues { limit });
    }
}

/// 10 KB of text that once became 200 MB of JSON: more than many a function has.
#[test]
fn a_few_small_objects_shared_very_often_are_cut_off_before_they_fill_the_memory() {
    let mut text = String::from("a:501:{i:0;a:600:{i:0;a:1:{s:1:\"k\";N;}");
    for index in 1..600 {
        write!(text, "i:{index};R:3;").unwrap();
    }
    text += "}";
    for index in 1..=500 {
        write!(text, "i:{index};R:2;").unwrap();
    }
    text += "}";
    let document = parse(text.as_bytes(), &Limits::default()).unwrap();
    let limit = 250_000;
    let error = from_value::<Json>(document.root()).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::TooManyValues { limit });
    let error = to_inspection_json(document.root(), Names::Plain).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::TooManyValues { limit });
}

#[test]
fn references_that_double_a_few_times_are_followed() {
    let json: Json = from_bytes(doubling(3).as_bytes(), &Limits::default()).unwrap();
    let leaf = serde_json::json!([null, null]);
    let one = serde_json::json!([leaf, leaf]);
    let two = serde_json::json!([one, one]);
    assert_eq!(json, serde_json::json!([leaf, one, two, [two, two]]));
}

#[test]
fn a_cycle_is_an_error_only_where_it_is_reached() {
    #[derive(serde::Deserialize, Debug)]
    struct Node {
        name: String,
    }
    let text = "O:4:\"Node\":2:{s:4:\"name\";s:1:\"a\";s:4:\"next\";a:1:{i:0;r:1;}}";
    let limits = Limits::default();
    assert_eq!(
        from_bytes::<Node>(text.as_bytes(), &limits).unwrap().name,
        "a"
    );
    let document = parse(text.as_bytes(), &limits).unwrap();
    let error = from_value::<Json>(document.root()).unwrap_err();
    assert_eq!(error.problem, DeserializeProblem::Cycle);
    assert_eq!(
        error.to_string(),
        "deserializing `next[0]`: the value refers to one that it is inside of, without end"
    );
}

#[test]
fn an_array_that_contains_itself_is_a_cycle() {
    let error = from_bytes::<Json>(b"a:1:{i:0;R:1;}", &Limits::default()).unwrap_err();
    let FromBytesError::Deserialize(error) = error else {
        panic!("it can be read: {error}");
    };
    assert_eq!(error.problem, DeserializeProblem::Cycle);
}

#[test]
fn a_million_nested_arrays_are_written_copied_and_changed_without_stack() {
    let bomb = nested(1_000_000);
    let mut document = parse(bomb.as_bytes(), &unlimited()).unwrap();
    assert!(super::write(document.root()).unwrap() == bomb.as_bytes());
    let copy = Document::from(document.root()).into_owned();
    assert!(super::write(copy.root()).unwrap() == bomb.as_bytes());
    document.root_mut().set("0", copy).unwrap();
    let deeper = super::write(document.root()).unwrap();
    assert_eq!(deeper.len(), bomb.len() + nested(1).len() - "N;".len());
}

#[test]
fn references_that_double_are_written_as_references() {
    let text = doubling(40);
    let document = parse(text.as_bytes(), &Limits::default()).unwrap();
    assert!(super::write(document.root()).unwrap() == text.as_bytes());
    assert_eq!(
        Document::from(document.root()).nodes.len(),
        document.nodes.len()
    );
}

#[test]
fn an_outermost_array_that_holds_itself_often_is_written_twice_at_most() {
    let mut text = String::from("a:10000:{");
    for index in 0..10_000 {
        write!(text, "i:{index};R:1;").unwrap();
    }
    text += "}";
    let document = parse(text.as_bytes(), &Limits::default()).unwrap();
    let written = super::write(document.root()).unwrap();
    assert!(written.len() <= 2 * text.len(), "{}", written.len());
}

#[test]
fn many_equal_keys_are_settled_in_reasonable_time() {
    let mut text = String::from("a:100000:{");
    text += &"s:1:\"k\";N;".repeat(100_000);
    text += "}";
    let document = parse(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(document.root().entries().len(), 1);
}
