//! What is written is what the file says, as Laravel writes it.

use super::{BOTH, MySql, Postgres, chain, file, laravel};
use crate::ImportError;

/// The test server's own mode is not strict.
#[tokio::test]
async fn no_value_is_cut_or_changed_by_a_server_that_is_not_strict() {
    let columns = r#""a": {"type": "string"}, "n": {"type": "integer"}, "u": {"type": "string"}, "d": {"type": "decimal"},
                     "e": {"type": "string"}, "v": {"type": "integer"}"#;
    let bench = MySql.bench("strict", columns).await;
    bench
        .run("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a varchar(5), n tinyint, u varchar(9) CHARACTER SET utf8mb3, \
              d decimal(5, 1), e enum('small', 'large'), v int unsigned)")
        .await;
    let rows = [
        "あいうえおか,1,,,,",
        "x,99999,,,,",
        "x,1,𠮷,,,",
        "x,1,,1.25,,",
        "x,1,,,medium,",
        "x,1,,,2,",
        "x,1,,,,-1",
        "\"abcde \",1,,,,",
        "いろは,-128,ほ,9999.9,large,7",
    ];
    let job = file(&bench, &format!("a,n,u,d,e,v\n{}\n", rows.join("\n")));
    let imported = bench.import(&job).await.unwrap();
    let reasons = bench.reasons("job-1");
    assert_eq!((imported.rows, imported.rejected), (1, 8), "{reasons:?}");
    assert_eq!(
        bench
            .ask("SELECT CONCAT_WS('|', a, n, u, d, e, v) FROM t")
            .await,
        "いろは|-128|ほ|9999.9|large|7"
    );
    for (row, said) in [
        (1, "column `a`: longer than 5 characters"),
        (2, "Out of range value for column 'n'"),
        (3, "Incorrect string value"),
        (4, "more digits than decimal(5, 1) has"),
        (5, "Data truncated for column 'e'"),
        (6, "none of small"),
        (7, "Out of range value for column 'v'"),
        (8, "longer than 5 characters"),
    ] {
        let (_, reason) = reasons.iter().find(|(place, _)| *place == row).unwrap();
        assert!(reason.contains(said), "{row}: {reason}");
    }
}

#[tokio::test]
async fn postgres_rounds_and_cuts_nothing_in_silence() {
    let columns = r#""a": {"type": "string"}, "d": {"type": "decimal", "precision": 12, "scale": 4}, "n": {"type": "integer"}"#;
    let bench = Postgres.bench("unrounded", columns).await;
    bench
        .run("CREATE TABLE t (a varchar(3), d numeric(5, 1), n smallint)")
        .await;
    let job = file(
        &bench,
        "a,d,n\n\"abc \",1.2,1\nabc,1.25,1\nabc,1.2,40000\nabc,1.20,1\n",
    );
    let imported = bench.import(&job).await.unwrap();
    assert_eq!((imported.rows, imported.rejected), (1, 3));
    assert_eq!(bench.ask("SELECT a || d || n FROM t").await, "abc1.21");
}

/// Both servers are in Japan, as those of many who read this are.
#[tokio::test]
async fn a_time_means_the_same_to_laravel_and_to_us() {
    for server in BOTH {
        let bench = server
            .bench(
                "zones",
                r#""b": {"type": "dateTime"}, "c": {"type": "dateTime"}"#,
            )
            .await;
        bench
            .run(server.say(
                "CREATE TABLE t (id serial PRIMARY KEY, b timestamptz, c timestamp(0), made timestamptz DEFAULT now())",
                "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, b timestamp NULL, c datetime, \
                 made timestamp DEFAULT CURRENT_TIMESTAMP)",
            ))
            .await;
        laravel(
            &bench,
            &[
                "insert",
                "t",
                r#"{"b": "2026-01-31 09:05:00", "c": "2026-01-31 09:05:00"}"#,
            ],
        );
        bench
            .import(&file(&bench, "b,c\n2026-01-31 09:05,2026-01-31 09:05\n"))
            .await
            .unwrap();
        // As Laravel reads both rows.
        let read = laravel(&bench, &["select", "SELECT DISTINCT b, c FROM t"]);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&read).unwrap();
        assert_eq!(rows.len(), 1, "{server:?}: {read}");
        assert!(
            rows[0]["b"]
                .as_str()
                .unwrap()
                .starts_with("2026-01-31 09:05:00"),
            "{read}"
        );
        // As we read what Laravel wrote.
        let ours = bench
            .ask("SELECT COUNT(*) FROM t WHERE b = '2026-01-31 09:05:00'")
            .await;
        assert_eq!(ours, "2", "{server:?}");
        let made = server.say(
            "SELECT COUNT(*) FROM t WHERE abs(extract(epoch FROM now() - made)) < 600",
            "SELECT COUNT(*) FROM t WHERE ABS(TIMESTAMPDIFF(SECOND, made, NOW())) < 600",
        );
        assert_eq!(bench.ask(made).await, "2", "{server:?}");
    }
}

#[tokio::test]
async fn a_session_may_be_in_another_zone_than_its_server() {
    for server in BOTH {
        let columns = r#""b": {"type": "dateTime"}"#;
        let bench = server.bench("told_zone", columns).await;
        bench
            .run(server.say(
                "CREATE TABLE t (b timestamptz)",
                "CREATE TABLE t (b timestamp NULL)",
            ))
            .await;
        let tables = format!(r#"{{"t": {{"columns": {{{columns}}}}}}}"#);
        let zone = server.say("UTC", "+00:00");
        let told = bench.told(&tables, &[("DATABASE_TIMEZONE", zone)]);
        told.import(&file(&told, "b\n2026-01-31 09:05\n"))
            .await
            .unwrap();
        let again = told.told(&tables, &[]);
        let read = server.say(
            "SELECT to_char(b, 'HH24:MI') FROM t",
            "SELECT DATE_FORMAT(b, '%H:%i') FROM t",
        );
        assert_eq!(again.ask(read).await, "18:05", "{server:?}");
    }
}

#[tokio::test]
async fn rows_get_the_times_that_a_model_of_laravel_would_get() {
    for server in BOTH {
        let tables = r#"{"t": {"columns": {"a": {"type": "string"}, "updated_at": {"type": "dateTime"}}, "timestamps": true}}"#;
        let bench = server.bench_with("stamped", tables).await;
        bench
            .run("CREATE TABLE t (a varchar(9), created_at timestamp NULL, updated_at timestamp NULL)")
            .await;
        let tokyo = [("APP_TIMEZONE", "Asia/Tokyo")];
        let bench = bench.told(tables, &tokyo);
        bench
            .import_as("both", &file(&bench, "a\nours\n"))
            .await
            .unwrap();
        bench
            .import_as(
                "one",
                &file(&bench, "a,updated_at\nfile,2001-01-01 00:00\n"),
            )
            .await
            .unwrap();
        laravel(&bench, &["model", "t", r#"{"a": "laravel"}"#, "Asia/Tokyo"]);
        let apart = server.say(
            "SELECT count(*)::text FROM t, t l WHERE l.a = 'laravel' AND abs(extract(epoch FROM l.created_at - t.created_at)) < 600",
            "SELECT COUNT(*) FROM t, t l WHERE l.a = 'laravel' AND ABS(TIMESTAMPDIFF(SECOND, l.created_at, t.created_at)) < 600",
        );
        assert_eq!(bench.ask(apart).await, "3", "{server:?}");
        let kept = "SELECT COUNT(*) FROM t WHERE updated_at < '2002-01-01'";
        assert_eq!(bench.ask(kept).await, "1", "{server:?}");
        let missing = bench.told(
            r#"{"t": {"columns": {"a": {"type": "string"}}, "timestamps": true}}"#,
            &[],
        );
        missing.run("ALTER TABLE t DROP COLUMN created_at").await;
        let error = missing
            .import_as("none", &file(&missing, "a\nx\n"))
            .await
            .unwrap_err();
        assert!(
            chain(&error).contains("no column `created_at`"),
            "{}",
            chain(&error)
        );
        assert!(matches!(error, ImportError::Unfit { .. }) && error.is_permanent());
    }
}

#[tokio::test]
async fn rows_larger_than_a_packet_of_the_server_are_divided() {
    // The test server takes a mebibyte at once.
    let bench = MySql
        .bench("packets", r#""a": {"type": "text", "max": 300000}"#)
        .await;
    bench
        .run("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a longtext)")
        .await;
    let text = "あ".repeat(70_000);
    let job = file(&bench, &format!("a\n{}", format!("{text}\n").repeat(11)));
    let imported = bench.import(&job).await.unwrap();
    let reasons = bench.reasons("job-1");
    assert_eq!(
        (imported.rows, imported.rejected),
        (11, 0),
        "{:.200}",
        reasons[0].1
    );
    assert_eq!(
        bench
            .ask("SELECT COUNT(*) FROM t WHERE CHAR_LENGTH(a) = 70000")
            .await,
        "11"
    );
}
