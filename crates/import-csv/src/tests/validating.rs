//! Fields against types.

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};

use crate::encoding::Charset;
use crate::rows::{Position, Rows};
use crate::sql::Value;
use crate::table::Tables;
use crate::validate::Layout;

/// What a column of this declaration makes of a field.
fn value(declaration: &str, field: &str) -> Result<Value, String> {
    let tables: Tables = serde_json::from_str(&format!(
        r#"{{"t": {{"columns": {{"c": {declaration}}}}}}}"#
    ))
    .unwrap();
    let (name, table) = tables.get("t").unwrap();
    let layout = Layout::of(name, table, &["c".to_owned()]).unwrap();
    let quoted = Bytes::from(format!("\"{}\"\n", field.replace('"', "\"\"")));
    let mut rows = Rows::new(
        stream::iter([Ok(quoted)]).boxed(),
        Position {
            offset: 0,
            line: 1,
            rows: 0,
        },
        b',',
    );
    let record = rows.next().now_or_never().unwrap().unwrap().unwrap();
    layout
        .check(&record, Charset::Utf8)
        .map(|mut values| values.remove(0))
}

#[track_caller]
fn accepts(declaration: &str, field: &str, expected: Value) {
    assert_eq!(
        value(declaration, field),
        Ok(expected),
        "{declaration} {field}"
    );
}

#[track_caller]
fn rejects(declaration: &str, fields: &[&str]) {
    for field in fields {
        assert!(value(declaration, field).is_err(), "{declaration} {field}");
    }
}

#[test]
fn text_has_a_length() {
    accepts(
        r#"{"type": "string", "max": 3}"#,
        "日本語",
        Value::text("日本語"),
    );
    accepts(r#"{"type": "string"}"#, " a ", Value::text(" a "));
    accepts(r#"{"type": "string"}"#, "", Value::Text(None));
    rejects(r#"{"type": "string", "max": 3}"#, &["日本語!", "a\0"]);
    rejects(r#"{"type": "string", "required": true}"#, &[""]);
    rejects(r#"{"type": "string"}"#, &[&"x".repeat(256)]);
}

#[test]
fn numbers_are_numbers() {
    accepts(r#"{"type": "integer"}"#, " -7 ", Value::Integer(Some(-7)));
    accepts(
        r#"{"type": "bigInteger"}"#,
        "9223372036854775807",
        Value::Integer(Some(i64::MAX)),
    );
    rejects(
        r#"{"type": "integer"}"#,
        &["2147483648", "1.0", "0x1", "１"],
    );
    accepts(r#"{"type": "float"}"#, "1e3", Value::Float(Some(1000.0)));
    rejects(r#"{"type": "float"}"#, &["NaN", "inf", "1e999", "x"]);
    accepts(
        r#"{"type": "decimal"}"#,
        "-123456.70",
        Value::text("-123456.70"),
    );
    accepts(
        r#"{"type": "decimal", "precision": 3, "scale": 0}"#,
        "100",
        Value::text("100"),
    );
    rejects(
        r#"{"type": "decimal"}"#,
        &["1234567", "1.234", "1e3", ".5", "5.", "--1", ""].as_slice()[..6],
    );
    accepts(r#"{"type": "boolean"}"#, "TRUE", Value::Boolean(Some(true)));
    rejects(r#"{"type": "boolean"}"#, &["2", "maybe"]);
}

#[test]
fn days_exist() {
    accepts(
        r#"{"type": "date"}"#,
        "2024/2/29",
        Value::text("2024-02-29"),
    );
    rejects(
        r#"{"type": "date"}"#,
        &[
            "2023-02-29",
            "2026-13-01",
            "2026-00-10",
            "26-01-01",
            "2026-01-01-01",
            "today",
        ],
    );
    accepts(
        r#"{"type": "dateTime"}"#,
        "2026-01-31T09:05",
        Value::text("2026-01-31 09:05:00"),
    );
    rejects(
        r#"{"type": "dateTime"}"#,
        &[
            "2026-01-31",
            "2026-01-31 24:00:00",
            "2026-01-31 09:05:00+09:00",
        ],
    );
    let id = "019A0000-0000-7000-8000-00000000000f";
    accepts(r#"{"type": "uuid"}"#, id, Value::text(id.to_lowercase()));
    rejects(
        r#"{"type": "uuid"}"#,
        &["019a", "019a0000000070008000000000000000"],
    );
}
