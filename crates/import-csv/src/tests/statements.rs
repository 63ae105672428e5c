//! The SQL of each dialect, to the letter.

use crate::sql::Dialect;

#[test]
fn names_are_quoted_and_a_column_is_one_name() {
    for (dialect, table, column) in [
        (Dialect::MySql, "`app`.`t`", "`b``\".c`"),
        (Dialect::Postgres, "\"app\".\"t\"", "\"b`\"\".c\""),
        (Dialect::Sqlite, "\"app\".\"t\"", "\"b`\"\".c\""),
    ] {
        assert_eq!(dialect.quoted("app.t"), table);
        assert_eq!(dialect.quoted_column("b`\".c"), column);
    }
}

#[test]
fn our_own_statements_are_written_once() {
    let statement = Dialect::Postgres.statement("SET a = ?, b = ? WHERE c = ?", vec![]);
    assert_eq!(statement.sql, "SET a = $1, b = $2 WHERE c = $3");
    assert_eq!(Dialect::MySql.statement("a = ?", vec![]).sql, "a = ?");
}
