//! Whole files.

use super::bench::{Bench, customers, emails};

#[tokio::test]
async fn every_row_of_a_file_is_imported() {
    let bench = Bench::new().await;
    let imported = bench
        .import(&bench.file("a.csv", customers(10)))
        .await
        .unwrap();
    assert_eq!(
        (imported.rows, imported.rejected, imported.chunks),
        (10, 0, 4)
    );
    assert_eq!(imported.rejects, None);
    assert_eq!(bench.column("email").await, emails(10));
}

#[tokio::test]
async fn a_byte_order_mark_and_windows_line_ends_are_no_data() {
    let bench = Bench::new().await;
    let file = bench.file(
        "a.csv",
        "\u{feff}email,氏名\r\na@example.com,田中\r\n\r\nb@example.com,\r\n",
    );
    assert_eq!(bench.import(&file).await.unwrap().rows, 2);
    assert_eq!(
        bench.column("email").await,
        ["a@example.com", "b@example.com"]
    );
    assert_eq!(bench.column("name").await, ["田中"]);
}

#[tokio::test]
async fn a_cp932_file_is_recognised() {
    let bench = Bench::new().await;
    // Second bytes that look like ASCII (表 ends in a backslash, ソ too), half-width kana and a character of CP932 alone.
    let names = ["田中 太郎", "表示ソフト", "ﾔﾏﾀﾞ", "髙橋①"];
    let text = names
        .iter()
        .enumerate()
        .fold("email,氏名\r\n".to_owned(), |text, (index, name)| {
            format!("{text}c{index}@example.com,\"{name}\"\r\n")
        });
    let (bytes, _, unmappable) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!unmappable);
    assert_eq!(
        bench
            .import(&bench.file("a.csv", bytes))
            .await
            .unwrap()
            .rows,
        4
    );
    assert_eq!(bench.column("name").await, names);
}

#[tokio::test]
async fn quoted_line_ends_belong_to_the_field() {
    let bench = Bench::new().await;
    let file = bench.file(
        "a.csv",
        "email,氏名\na@example.com,\"one\ntwo \"\"x\"\", three\"\nb@example.com,four",
    );
    assert_eq!(bench.import(&file).await.unwrap().rows, 2);
    assert_eq!(
        bench.column("name").await,
        ["one\ntwo \"x\", three", "four"]
    );
}

#[tokio::test]
async fn rejected_rows_are_written_with_their_reasons() {
    let bench = Bench::new().await;
    let mut file = b"email,\xe6\xb0\x8f\xe5\x90\x8d,age\n".to_vec();
    for line in [
        &b"a@example.com,A,1\n"[..],
        b",B,2\n",
        b"c@example.com,\"C\nC\",old\n",
        b"d@example.com,D\n",
        b"e@example.com,\xff\xfe,5\n",
        b"f@example.com,F,151\n",
        b"g@example.com,G,7\n",
    ] {
        file.extend_from_slice(line);
    }
    let mut job = bench.file("a.csv", file);
    job.encoding = crate::Encoding::Utf8;
    let imported = bench.import(&job).await.unwrap();
    assert_eq!(
        (imported.rows, imported.rejected, imported.chunks),
        (2, 5, 3)
    );
    assert!(
        imported
            .rejects
            .unwrap()
            .path()
            .ends_with("/rejects/job-1/")
    );
    let first = "\u{feff}row,line,reason,email,氏名,age\r\n\
                 2,3,column `email`: is required,,B,2\r\n\
                 3,4,column `age`: not a whole number,c@example.com,\"C\nC\",old\r\n";
    let rejects = bench.rejects(1).unwrap();
    assert!(rejects.starts_with(first), "{rejects}");
    assert!(
        rejects.contains("4,6,\"has 2 fields, the header has 3\",d@example.com,D\r\n"),
        "{rejects}"
    );
    assert!(
        rejects.contains("5,7,column `name`: not valid UTF-8,e@example.com"),
        "{rejects}"
    );
    assert!(
        rejects.contains("6,8,column `age`: not between 0 and 150"),
        "{rejects}"
    );
    assert!(bench.rejects(2).is_none());
}

#[tokio::test]
async fn a_row_that_the_database_refuses_spoils_no_other() {
    let bench = Bench::new().await;
    bench
        .run("CREATE UNIQUE INDEX one ON customers (email)")
        .await;
    let file = bench.file("a.csv", "email\na@e\nb@e\na@e\nc@e\nb@e\n");
    let imported = bench.import(&file).await.unwrap();
    assert_eq!((imported.rows, imported.rejected), (3, 2));
    assert_eq!(bench.column("email").await, ["a@e", "b@e", "c@e"]);
    assert!(bench.rejects(1).unwrap().ends_with(
        "3,4,the table has a row of this key already: UNIQUE constraint failed: customers.email,a@e\r\n\
         5,6,the table has a row of this key already: UNIQUE constraint failed: customers.email,b@e\r\n"
    ));
}

#[tokio::test]
async fn a_quote_that_is_never_closed_is_not_taken_for_data() {
    let bench = Bench::new().await;
    let imported = bench
        .import(&bench.file("a.csv", "email\na@e\n\"b@e\nc@e\n"))
        .await
        .unwrap();
    assert_eq!((imported.rows, imported.rejected), (1, 1));
    assert!(bench.rejects(1).unwrap().contains("a quote is not closed"));
}

#[tokio::test]
async fn a_file_of_a_header_alone_is_done_at_once() {
    let bench = Bench::new().await;
    let imported = bench
        .import(&bench.file("a.csv", "email,age\n"))
        .await
        .unwrap();
    assert_eq!((imported.rows, imported.chunks), (0, 1));
}
