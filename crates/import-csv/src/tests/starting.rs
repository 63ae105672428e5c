//! Delimiters, marks, and objects that are no CSV files.

use encoding_rs::SHIFT_JIS;

use super::bench::Bench;

#[tokio::test]
async fn the_header_says_which_delimiter_it_is() {
    for file in [
        "email;age;氏名\na@e;1;A, or B\n",
        "email\tage\t氏名\na@e\t1\tA, or B\n",
        "\"email\";\"age\";\"氏名\"\r\na@e;1;\"A, or B\"\r\n",
        "sep=;\nemail;age;氏名\na@e;1;A, or B\n",
        "sep=,\r\nemail,age,氏名\r\na@e,1,\"A, or B\"\r\n",
        "SEP=\t\nemail\tage\t氏名\na@e\t1\tA, or B\n",
        "\"sep=;\"\nemail;age;氏名\na@e;1;A, or B\n",
        "\u{feff}sep=;\nemail;age;氏名\na@e;1;A, or B\n",
    ] {
        for is_cp932 in [false, !file.starts_with('\u{feff}')] {
            let bench = Bench::new().await;
            let outcome = if is_cp932 {
                bench.outcome(&SHIFT_JIS.encode(file).0).await
            } else {
                bench.outcome(file).await
            };
            assert_eq!(outcome, Ok([1, 0, 0]), "{file:?}");
            assert_eq!(bench.column("name").await, ["A, or B"], "{file:?}");
        }
    }
}

#[tokio::test]
async fn a_delimiter_holds_for_every_attempt() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", "email;age\na@e;1\nb@e;2\nc@e;3\nd@e;4\n");
    bench.attempt(&file, 1, || true).await.unwrap_err();
    assert_eq!(bench.attempt(&file, 2, || true).await.unwrap().rows, 4);
}

#[tokio::test]
async fn a_line_that_names_the_delimiter_is_a_line() {
    let bench = Bench::new().await;
    let outcome = bench.outcome("sep=;\nemail;age\na@e;1\nb@e;x\n");
    assert_eq!(outcome.await, Ok([1, 1, 0]));
    assert!(bench.rejects(1).unwrap().contains("\r\n2,4,column"));
}

#[tokio::test]
async fn another_delimiter_is_named() {
    let bench = Bench::new().await;
    let error = bench
        .outcome("sep=|\nemail|age\na@e|1\n")
        .await
        .unwrap_err();
    assert!(error.contains("another character than a comma"), "{error}");
    let error = bench.outcome("email|age\na@e|1\n").await.unwrap_err();
    assert!(error.contains("a comma, a semicolon or a tab"), "{error}");
    // The error is of the delimiter that makes most of the line.
    let error = bench.outcome("email;secret;age\n").await.unwrap_err();
    assert!(error.contains("its field 2 is none"), "{error}");
}

#[tokio::test]
async fn marks_are_no_data_however_many() {
    for file in [
        "\u{feff}\u{feff}email,age\na@e,1\n",
        "\u{feff}\u{feff}\u{feff}\"email\",age\na@e,1\n",
        "\u{feff}\"\u{feff}email\",age\na@e,1\n",
        "\u{feff} email ,\u{a0}age\na@e,1\n",
    ] {
        let bench = Bench::new().await;
        assert_eq!(bench.outcome(file).await, Ok([1, 0, 0]), "{file:?}");
    }
    let bench = Bench::new().await;
    let joined = "\u{feff}email,age\na@e,1\n\u{feff}email,age\nb@e,2\n";
    assert_eq!(bench.outcome(joined).await, Ok([2, 1, 0]));
}

#[tokio::test]
async fn what_is_no_csv_file_is_called_by_its_name() {
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    let text = "email\tage\na@example.com\t1\n";
    for (bytes, name) in [
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), "gzip"),
        (b"PK\x03\x04\x14\0".to_vec(), "Excel workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
            "Excel workbook of the old format",
        ),
        (b"\x28\xb5\x2f\xfd\x04".to_vec(), "zstd"),
        (b"%PDF-1.7\n".to_vec(), "PDF"),
        (
            utf16(&format!("\u{feff}{text}"), true),
            "UTF-16 (little endian)",
        ),
        (
            utf16(&format!("\u{feff}{text}"), false),
            "UTF-16 (big endian)",
        ),
        (utf16(text, true), "UTF-16 (little endian, without a mark)"),
        (utf16(text, false), "UTF-16 (big endian, without a mark)"),
    ] {
        let bench = Bench::new().await;
        let error = bench.outcome(&bytes).await.unwrap_err();
        assert!(error.contains(name), "{error}");
    }
}
