//! The SQL of each dialect, to the letter.

use crate::sql::{Dialect, Value};
use crate::table::Tables;

fn insert(dialect: Dialect) -> String {
    let tables = r#"{"app.t": {"columns": {
        "a": {"type": "string"}, "b`\".c": {"type": "decimal"}, "d": {"type": "dateTime"}, "e": {"type": "integer"}
    }}}"#;
    let tables: Tables = serde_json::from_str(tables).unwrap();
    let (name, table) = tables.get("app.t").unwrap();
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|(name, column)| (name.as_str(), column))
        .collect();
    let row = [
        Value::text("1"),
        Value::text("2"),
        Value::text("3"),
        Value::Integer(None),
    ];
    let statement = dialect.insert(name, &columns, [&row[..], &row[..]]);
    assert_eq!(statement.values.len(), 8);
    statement.sql
}

#[test]
fn mysql_quotes_with_backticks() {
    let expected =
        "INSERT INTO `app`.`t` (`a`, `b``\".c`, `d`, `e`) VALUES (?, ?, ?, ?), (?, ?, ?, ?)";
    assert_eq!(insert(Dialect::MySql), expected);
}

#[test]
fn postgres_numbers_its_places_and_casts_text() {
    let expected = "INSERT INTO \"app\".\"t\" (\"a\", \"b`\"\".c\", \"d\", \"e\") VALUES \
                    ($1, CAST($2 AS numeric), CAST($3 AS timestamp), $4), \
                    ($5, CAST($6 AS numeric), CAST($7 AS timestamp), $8)";
    assert_eq!(insert(Dialect::Postgres), expected);
}

#[test]
fn sqlite_quotes_with_double_quotes() {
    let expected = "INSERT INTO \"app\".\"t\" (\"a\", \"b`\"\".c\", \"d\", \"e\") VALUES (?, ?, ?, ?), (?, ?, ?, ?)";
    assert_eq!(insert(Dialect::Sqlite), expected);
}

#[test]
fn a_statement_has_no_more_values_than_the_database_takes() {
    for (dialect, limit) in [
        (Dialect::MySql, 65_535),
        (Dialect::Postgres, 65_535),
        (Dialect::Sqlite, 32_766),
    ] {
        for columns in [1, 7, 100, 1_000] {
            let rows = dialect.rows_at_once(columns);
            assert!(rows * columns <= limit && (rows + 1) * columns > limit);
        }
    }
}

#[test]
fn our_own_statements_are_written_once() {
    let statement = Dialect::Postgres.statement("SET a = ?, b = ? WHERE c = ?", vec![]);
    assert_eq!(statement.sql, "SET a = $1, b = $2 WHERE c = $3");
    assert_eq!(Dialect::MySql.statement("a = ?", vec![]).sql, "a = ?");
}
