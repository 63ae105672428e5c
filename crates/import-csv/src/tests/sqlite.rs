//! What SQLite refuses in its own ways, and what is refused before it is asked.

use super::bench::Bench;
use crate::{ImportCsv, ImportError};

const TABLES: &str = r#"{"t": {"columns": {"a": {"type": "integer"}}}}"#;

fn file(bench: &Bench, contents: &str) -> ImportCsv {
    let mut job = bench.file("a.csv", contents);
    job.table = "t".to_owned();
    job
}

/// Rows 0 to 4 into `t (a)`, after this statement: row 3 is rejected with `words`, all others are in.
async fn but_three(statement: &str, words: &str) {
    let bench = Bench::with_tables(TABLES).await;
    bench
        .run("CREATE TABLE p (a INTEGER PRIMARY KEY); INSERT INTO p VALUES (0), (1), (2), (4)")
        .await;
    if !statement.contains("TABLE t ") {
        bench.statement("CREATE TABLE t (a INTEGER)").await;
    }
    bench.statement(statement).await;
    let job = file(&bench, "a\n0\n1\n2\n3\n4\n");
    let imported = bench.import(&job).await.unwrap();
    let reasons = bench.reasons("job-1");
    assert_eq!((imported.rows, imported.rejected), (4, 1), "{reasons:?}");
    assert_eq!(reasons[0].0, 4, "{reasons:?}");
    assert!(reasons[0].1.contains(words), "{reasons:?}");
    let stored = "SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY a)";
    assert_eq!(bench.ask(stored).await, "0,1,2,4");
}

#[tokio::test]
async fn a_row_that_sqlite_refuses_is_rejected_however_it_says_so() {
    for (statement, words) in [
        (
            "CREATE TABLE t (a INTEGER CHECK (a <> 3))",
            "it breaks a rule of the table",
        ),
        (
            "CREATE TABLE t (a INTEGER REFERENCES p)",
            "it refers to a row that does not exist",
        ),
        (
            "CREATE TABLE t (a INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
            "it refers to a row that does not exist",
        ),
        (
            "CREATE TRIGGER r BEFORE INSERT ON t WHEN NEW.a = 3 BEGIN SELECT RAISE(ABORT, 'no three'); END",
            "no three",
        ),
        (
            "CREATE TRIGGER r BEFORE INSERT ON t WHEN NEW.a = 3 BEGIN SELECT RAISE(IGNORE); END",
            "inserted nothing",
        ),
    ] {
        but_three(statement, words).await;
    }
}

/// A fraction would be stored in a whole number's column as it is, and a text as well: SQLite refuses neither.
#[tokio::test]
async fn what_cannot_be_imported_into_sqlite_is_refused_before_the_first_row() {
    let string = r#""a": {"type": "string"}"#;
    for (columns, ddl, header, why) in [
        (
            string,
            "CREATE TABLE u (a TEXT)",
            "a",
            "there is no such table",
        ),
        (string, "CREATE TABLE t (b TEXT)", "a", "no column `a`"),
        (
            string,
            "CREATE TABLE t (a INTEGER)",
            "a",
            "declare it as integer",
        ),
        (
            string,
            "CREATE TABLE t (a TEXT, b TEXT NOT NULL)",
            "a",
            "may not be empty and has no default",
        ),
        (
            r#""a": {"type": "string"}, "b": {"type": "string"}"#,
            "CREATE TABLE t (a TEXT, b TEXT GENERATED ALWAYS AS (a) STORED)",
            "a,b",
            "fills column `b` by itself",
        ),
    ] {
        let bench = Bench::with_tables(&format!(r#"{{"t": {{"columns": {{{columns}}}}}}}"#)).await;
        bench.run(ddl).await;
        let fields = header.replace(|letter: char| letter != ',', "1");
        let job = file(&bench, &format!("{header}\n{fields}\n"));
        let error = bench.import(&job).await.unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, ImportError::Unfit { .. }), "{ddl}: {said}");
        assert!(error.is_permanent() && said.contains(why), "{ddl}: {said}");
    }
}

#[tokio::test]
async fn rows_of_sqlite_get_the_times_that_a_model_of_laravel_would_get() {
    let tables = r#"{"t": {"columns": {"a": {"type": "integer"}}, "timestamps": true}}"#;
    let bench = Bench::with_tables(tables).await;
    bench
        .run("CREATE TABLE t (a INTEGER, created_at DATETIME, updated_at DATETIME)")
        .await;
    let bench = bench.told(tables, &[("APP_TIMEZONE", "Asia/Tokyo")]);
    bench.import(&file(&bench, "a\n1\n2\n")).await.unwrap();
    // SQLite's own time is UTC.
    let near = "SELECT COUNT(*) FROM t WHERE created_at = updated_at \
                AND abs(julianday(created_at, '-9 hours') - julianday('now')) < 0.01";
    assert_eq!(bench.ask(near).await, "2");
}
