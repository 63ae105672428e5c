//! Quotes that are missing or one too many, and what other programs write.

use futures_util::{FutureExt, StreamExt, stream};
use proptest::prelude::*;

use super::bench::Bench;
use crate::rows::{Position, Rows};

#[tokio::test]
async fn text_after_a_closing_quote_rejects_the_record() {
    let bench = Bench::new().await;
    let file = "email,氏名\na@e,\"A\" B\nb@e,\"\"B\"\nc@e,\"C\"\nd@e,\"D\" \ne@e,5\" and 3\"\n";
    assert_eq!(bench.outcome(file).await, Ok([2, 3, 0]));
    assert_eq!(bench.column("name").await, ["C", "5\" and 3\""]);
    let rejects = bench.rejects(1).unwrap();
    assert!(
        rejects.contains("1,2,text follows a closing quote,a@e,\"A\"\" B\"\r\n"),
        "{rejects}"
    );
}

#[tokio::test]
async fn a_stray_quote_makes_no_row_of_two() {
    let bench = Bench::new().await;
    let file = "email,氏名\nx@e,\"5\nlost@e,row\ny@e,\"6\"\nz@e,7\n";
    assert_eq!(bench.outcome(file).await, Ok([1, 1, 0]));
    assert_eq!(bench.column("email").await, ["z@e"]);
    let rejects = bench.rejects(1).unwrap();
    let reason = "1,2,\"a quote opens in line 2 and closes in line 4, where text follows it: one is missing, or one too many\",\
                  x@e,\"5\nlost@e,row\ny@e,\"\"6\"\"\"\r\n";
    assert!(rejects.contains(reason), "{rejects}");
}

#[tokio::test]
async fn what_php_s_fputcsv_writes_by_default_is_rejected_with_its_cure() {
    let bench = Bench::new().await;
    let file = "email,氏名\na@e,\"say \\\"hi\\\" ok\"\nb@e,\"C:\\dir\\\"\nc@e,\"x\\\"\",1\nd@e,D\n";
    // `\"` before a comma is a quote and a comma within the field, as RFC 4180 has it: the record has too few fields.
    assert_eq!(bench.outcome(file).await, Ok([1, 2, 0]));
    let rejects = bench.rejects(1).unwrap();
    assert!(rejects.contains("PHP's fputcsv writes"), "{rejects}");
    assert_eq!(bench.column("name").await, ["C:\\dir\\"]);
}

#[tokio::test]
async fn an_open_quote_is_one_that_the_reader_has_open() {
    let bench = Bench::new().await;
    // Three quotes in the last record, none of them opening; and a record that ends in an open one.
    assert_eq!(
        bench.outcome("email,氏名\na@e,5\" x 3\" x 1\"").await,
        Ok([1, 0, 0])
    );
    let bench = Bench::new().await;
    let outcome = bench.outcome("email,氏名\na@e,A\nb@e,\"5\"\" x\nc@e,C\n");
    assert_eq!(outcome.await, Ok([1, 1, 0]));
    let rejects = bench.rejects(1).unwrap();
    assert!(
        rejects.contains("a quote is not closed: it opens in line 3"),
        "{rejects}"
    );
}

#[tokio::test]
async fn a_quote_behind_a_space_is_rejected() {
    let bench = Bench::new().await;
    let file = "email,氏名\na@e, \"A\"\nb@e, B\n";
    assert_eq!(bench.outcome(file).await, Ok([1, 1, 0]));
    assert_eq!(bench.column("name").await, [" B"]);
}

#[tokio::test]
async fn lines_are_counted_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let bench = Bench::new().await;
        let lines = ["email,age", "\"a\nb@e\",1", "", "c@e,x", "d@e,2", ""].join(end);
        let lines = lines.replace("a\nb", &format!("a{end}b"));
        assert_eq!(bench.outcome(lines).await, Ok([2, 1, 0]));
        let rejects = bench.rejects(1).unwrap();
        assert!(rejects.contains("\r\n2,5,column"), "{end:?}: {rejects}");
    }
}

/// RFC 4180 to the letter, on a whole text: the records, and whether something is wrong with one of them.
fn strictly(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut records, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start_matches(['\r', '\n']);
        if rest.is_empty() {
            return Some(records);
        }
        let mut record = Vec::new();
        loop {
            let field;
            if let Some(quoted) = rest.strip_prefix('"') {
                let marked = quoted.replace("\"\"", "\u{1}\u{1}");
                let end = marked.find('"')?;
                field = quoted[..end].replace("\"\"", "\"");
                rest = &quoted[end + 1..];
                if !rest.is_empty() && !rest.starts_with([',', '\r', '\n']) {
                    return None;
                }
            } else {
                let end = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
                field = rest[..end].to_owned();
                if field.trim_start_matches(' ').starts_with('"') {
                    return None;
                }
                rest = &rest[end..];
            }
            record.push(field);
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        records.push(record);
    }
}

proptest! {
    #[test]
    fn records_are_read_as_the_rfc_has_them_or_complained_of(text in "[ab ,\"\r\n]{0,40}") {
        let position = Position { offset: 0, line: 1, rows: 0 };
        let bytes = bytes::Bytes::from(text.clone());
        let mut rows = Rows::new(stream::iter([Ok(bytes)]).boxed(), position, b',');
        let (mut records, mut is_wrong) = (Vec::new(), false);
        while let Some(record) = rows.next().now_or_never().unwrap().unwrap() {
            is_wrong |= record.fault.is_some();
            let fields = record.fields().map(|field| String::from_utf8(field.to_vec()).unwrap());
            records.push(fields.collect::<Vec<_>>());
        }
        prop_assert_eq!((!is_wrong).then_some(records), strictly(&text));
    }
}
