//! Rows that are not imported: which, how they are counted, and where they are found.

use super::bench::{Bench, NEVER};
use crate::ImportError;

#[tokio::test]
async fn an_empty_row_is_skipped_and_counted() {
    let bench = Bench::new().await;
    let file = "email,age,氏名\na@e,1,\n,,\n\"\",\"\",\"\"\n  , ,\n,,,,,\nb@e,2,\n,,\n,,\n,,\n,,\n";
    assert_eq!(bench.outcome(file).await, Ok([2, 0, 8]));
    assert_eq!(bench.column("email").await, ["a@e", "b@e"]);
    assert_eq!(bench.rejects(1), None);

    let bench = Bench::new().await;
    assert_eq!(bench.outcome("email,age\n,\n,\n").await, Ok([0, 0, 2]));
}

#[tokio::test]
async fn a_file_of_which_every_row_was_rejected_is_no_success() {
    let bench = Bench::new().await;
    let file = bench.file(
        "a.csv",
        "email,age\na@e,b,2\n,\nc@e,d,2\ne@e,f,2\ng@e,h,2\n",
    );
    let error = bench.import(&file).await.unwrap_err();
    assert!(error.is_permanent());
    let text = error.to_string();
    let start = "every row of the object was rejected (4), the first, in line 2: has 3 fields, the header has 2; \
                 all are listed under file://";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(bench.rejects(1).unwrap().lines().count(), 5);

    // The file is mended, and the same job retried.
    let file = bench.file("a.csv", "email,age\na@e,2\n");
    assert_eq!(bench.attempt(&file, 2, NEVER).await.unwrap().rows, 1);
}

#[tokio::test]
async fn the_same_over_several_attempts() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", "email,age\na,b,2\nc,d,2\ne,f,2\ng,h,2\n");
    let error = bench.attempt(&file, 1, || true).await.unwrap_err();
    assert!(matches!(error, ImportError::Stopped(_)), "{error}");
    let error = bench.attempt(&file, 2, || true).await.unwrap_err();
    assert!(
        matches!(error, ImportError::AllRejected { rejected: 4, .. }),
        "{error}"
    );
    assert_eq!(bench.rejects(1).unwrap().lines().count(), 5);
}

#[tokio::test]
async fn a_file_that_the_table_has_already_is_no_success() {
    let bench = Bench::new().await;
    bench
        .run("CREATE UNIQUE INDEX one ON customers (email); INSERT INTO customers (email) VALUES ('a@e'), ('b@e')")
        .await;
    let error = bench.outcome("email\na@e\nb@e\n").await.unwrap_err();
    assert!(
        error.contains("the table has a row of this key already"),
        "{error}"
    );
}

#[tokio::test]
async fn a_formula_is_text_in_the_list_of_rejected_rows() {
    let bench = Bench::new().await;
    let file = "email,氏名,age\na@e,\"=HYPERLINK(\"\"http://e.example\"\",\"\"x\"\")\",x\nb@e,＝1+1,+1x\nc@e,C,3\n";
    assert_eq!(bench.outcome(file).await, Ok([1, 2, 0]));
    let rejects = bench.rejects(1).unwrap();
    assert!(
        rejects.contains(",a@e,\"'=HYPERLINK(\"\"http://e.example\"\",\"\"x\"\")\",x\r\n"),
        "{rejects}"
    );
    assert!(rejects.contains(",b@e,'＝1+1,'+1x\r\n"), "{rejects}");
}

/// A file of `rows` rows, every third of them with a field too many.
fn every_third(rows: usize) -> String {
    let row = |row| format!("c{row}@e,1{}\n", if row % 3 == 0 { ",x" } else { "" });
    format!("email,age\n{}", (0..rows).map(row).collect::<String>())
}

#[tokio::test]
async fn rejected_rows_of_all_attempts_are_one_object() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", every_third(30));
    let mut token = 0;
    let imported = loop {
        token += 1;
        match bench.attempt(&file, token, || true).await {
            Err(ImportError::Stopped(_)) => assert_eq!(bench.rejects(1), None),
            other => break other.unwrap(),
        }
    };
    assert_eq!((token, imported.rows, imported.rejected), (11, 20, 10));
    let folder = imported.rejects.unwrap().to_file_path().unwrap();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    let rejects = bench.rejects(1).unwrap();
    let rows: Vec<&str> = rejects
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    let expected = [
        "\u{feff}row",
        "1",
        "4",
        "7",
        "10",
        "13",
        "16",
        "19",
        "22",
        "25",
        "28",
    ];
    assert_eq!(rows, expected);
    // Nothing is left behind.
    assert_eq!(
        bench.number("SELECT count(*) FROM hikyaku_rejects").await,
        0
    );
}

#[tokio::test]
async fn a_long_list_is_cut_into_whole_objects() {
    let mut bench = Bench::new().await;
    bench.importer.largest_list(200);
    let outcome = bench.outcome(every_third(30)).await;
    assert_eq!(outcome, Ok([20, 10, 0]));
    let parts: Vec<String> = (1..).map_while(|part| bench.rejects(part)).collect();
    assert!(parts.len() > 2, "{parts:?}");
    let lines = parts.iter().map(|part| {
        assert!(part.starts_with("\u{feff}row,line,reason,email,age\r\n"));
        part.lines().count() - 1
    });
    assert_eq!(lines.sum::<usize>(), 10);
}

#[tokio::test]
async fn an_import_that_fails_shows_what_it_rejected_before() {
    let bench = Bench::new().await;
    let text = format!(
        "email,age\na@e,x\nb@e,1\nc@e,1\nd@e,1\n\"{}",
        "d@e\n".repeat(100_000)
    );
    let error = bench.outcome(text).await.unwrap_err();
    assert!(error.contains("is a quote not closed there?"), "{error}");
    assert_eq!(bench.rejects(1).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn a_control_character_is_no_text() {
    for character in [
        '\u{1b}', '\u{7}', '\u{0}', '\u{b}', '\u{7f}', '\u{85}', '\u{feff}',
    ] {
        let bench = Bench::new().await;
        let file = format!("email,氏名\na@e,b{character}c\nb@e,\"two\nlines\tand a tab\"\n");
        assert_eq!(bench.outcome(file).await, Ok([1, 1, 0]), "{character:?}");
        let rejects = bench.rejects(1).unwrap();
        let reason = format!(
            "column `name`: has the character U+{:04X}",
            u32::from(character)
        );
        assert!(rejects.contains(&reason), "{rejects}");
    }
}
