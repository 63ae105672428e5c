//! Rows whose keys are there already: each is found, and it does not take a request each.

use std::fmt::Write as _;

use super::super::bench::Bench;
use super::wire::Wire;
use super::{BOTH, MySql, Server, file};
use crate::error::ImportError;

const COLUMNS: &str = r#""email": {"type": "string"}, "shop": {"type": "integer"}"#;
const TABLES: &str =
    r#"{"t": {"columns": {"email": {"type": "string"}, "shop": {"type": "integer"}}}}"#;
const KEYED: &str = "CREATE TABLE t (email varchar(255) NOT NULL UNIQUE, shop int)";

/// Rows of customers by their numbers.
fn customers(numbers: impl IntoIterator<Item = usize>) -> String {
    let mut text = "email,shop\n".to_owned();
    for number in numbers {
        writeln!(text, "c{number}@example.jp,{}", number % 7).unwrap();
    }
    text
}

/// Imports `text`: so many rows are in the table, so many rejected, after at most `turns` requests.
async fn imports(bench: &Bench, id: &str, text: &str, expected: (u64, u64), turns: u64) {
    let wire = Wire::before(bench);
    let mut counted = Bench::on(tempfile::tempdir().unwrap(), &wire.url, TABLES);
    counted.importer.limits = bench.importer.limits;
    let counts = match counted.import_as(id, &file(&counted, text)).await {
        Ok(imported) => (imported.rows, imported.rejected),
        Err(ImportError::AllRejected { rejected, .. }) => (0, rejected),
        Err(error) => panic!("{id}: {error:?}"),
    };
    assert_eq!(counts, expected, "{id}");
    assert_eq!(counted.reasons(id).len() as u64, expected.1, "{id}");
    for (_, reason) in counted.reasons(id) {
        assert!(
            reason.contains("the table has a row of this key already: "),
            "{reason}"
        );
    }
    assert!(wire.turns() <= turns, "{id}: {} requests", wire.turns());
}

async fn keyed(server: Server, name: &str, table: &str) -> Bench {
    let bench = server.bench(name, COLUMNS).await;
    bench.run(table).await;
    bench
}

#[tokio::test]
async fn a_file_that_is_uploaded_again_takes_few_requests() {
    for server in BOTH {
        let bench = keyed(server, "again", KEYED).await;
        let text = customers(0..20_000);
        imports(&bench, "first", &text, (20_000, 0), 150).await;
        imports(&bench, "again", &text, (0, 20_000), 500).await;
        // Every second row is new; they are all over the file.
        imports(
            &bench,
            "half",
            &customers(10_000..30_000),
            (10_000, 10_000),
            700,
        )
        .await;
        let mixed: Vec<usize> = (0..10_000).flat_map(|row| [row, row + 30_000]).collect();
        imports(&bench, "mixed", &customers(mixed), (10_000, 10_000), 700).await;
    }
}

#[tokio::test]
async fn a_row_that_stands_twice_in_a_file_is_in_once() {
    for server in BOTH {
        let bench = keyed(server, "twice", KEYED).await;
        let twice = customers((0..10_000).map(|row| row / 2));
        imports(&bench, "twice", &twice, (5_000, 5_000), 500).await;
        let apart = customers((20_000..24_000).chain(20_000..24_000));
        imports(&bench, "apart", &apart, (4_000, 4_000), 500).await;
    }
}

#[tokio::test]
async fn keys_of_several_columns_are_found() {
    for server in BOTH {
        let table = "CREATE TABLE t (email varchar(255), shop int, UNIQUE (shop, email))";
        let bench = keyed(server, "several", table).await;
        let mut text = customers(0..4_000);
        imports(&bench, "first", &text, (4_000, 0), 100).await;
        // The same in another shop, and one whose key has an empty part: that conflicts with nothing.
        text.push_str("c1@example.jp,6\nc1@example.jp,\nc1@example.jp,\n");
        imports(&bench, "again", &text, (3, 4_000), 300).await;
    }
}

/// The key's collation decides, and it knows neither case nor, in Japanese, one kana from the other.
#[tokio::test]
async fn keys_are_the_same_if_the_database_says_so() {
    let table = "CREATE TABLE t (email varchar(255) COLLATE utf8mb4_unicode_ci UNIQUE, shop int)";
    let bench = keyed(MySql, "collated", table).await;
    let text = "email,shop\nsato,1\nSATO,1\nさとう,1\nサトウ,1\nｻﾄｳ,1\nsato ,1\nkato,1\n";
    imports(&bench, "collated", text, (3, 4), 80).await;
    let table = "CREATE TABLE t (email varchar(255) COLLATE utf8mb4_bin UNIQUE, shop int)";
    let bench = keyed(MySql, "exact", table).await;
    imports(&bench, "exact", text, (6, 1), 80).await;
}

#[tokio::test]
async fn a_key_that_is_not_of_the_files_columns_alone_is_found_row_by_row() {
    let table = "CREATE TABLE t (email varchar(255), shop int, start char(2) AS (LEFT(email, 2)) STORED UNIQUE)";
    let bench = keyed(MySql, "computed", table).await;
    imports(&bench, "computed", &customers(0..100), (10, 90), 800).await;
}

#[tokio::test]
async fn a_chunk_takes_few_requests() {
    for server in BOTH {
        let bench = keyed(
            server,
            "few",
            "CREATE TABLE t (email varchar(255), shop int)",
        )
        .await;
        // Four chunks.
        imports(&bench, "few", &customers(0..20_000), (20_000, 0), 120).await;
    }
}
