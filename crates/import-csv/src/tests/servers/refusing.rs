//! A row that the database refuses is a rejected row, with the database's own words, however it says so.

use super::super::bench::Bench;
use super::{BOTH, MySql, Postgres, Server, chain, file};

/// Rows 0 to 9 into `t (a)`: all but `bad` are in, and each of `bad` is rejected with `words`.
async fn but(bench: &Bench, bad: &[u64], words: &str) {
    let numbers: Vec<String> = (0..10).map(|row| row.to_string()).collect();
    let job = file(bench, &format!("a\n{}\n", numbers.join("\n")));
    let imported = bench.import(&job).await.unwrap();
    let reasons = bench.reasons("job-1");
    let expected = (10 - bad.len() as u64, bad.len() as u64);
    assert_eq!(
        (imported.rows, imported.rejected),
        expected,
        "{words}: {reasons:?}"
    );
    assert_eq!(
        bench.ask("SELECT COUNT(*) FROM t").await,
        expected.0.to_string()
    );
    let rows: Vec<u64> = reasons.iter().map(|(row, _)| *row - 1).collect();
    assert_eq!(rows, bad, "{words}");
    for (_, reason) in reasons {
        assert!(reason.contains(words), "{reason}");
    }
}

async fn numbers(server: Server, name: &str) -> Bench {
    server.bench(name, r#""a": {"type": "integer"}"#).await
}

const BEFORE: (&str, &str) = ("TRIGGER tr BEFORE INSERT", "");

/// A trigger of PostgreSQL's with this body.
async fn trigger(bench: &Bench, (when, how): (&str, &str), body: &str) {
    bench
        .statement(&format!(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$"
        ))
        .await;
    bench
        .statement(&format!(
            "CREATE {when} ON t {how} FOR EACH ROW EXECUTE FUNCTION f()"
        ))
        .await;
}

#[tokio::test]
async fn a_triggers_own_error_is_about_its_row() {
    for (name, raise) in [
        ("raised", "RAISE EXCEPTION 'no % here', NEW.a;"),
        (
            "raised_state",
            "RAISE EXCEPTION 'no % here', NEW.a USING ERRCODE = '45000';",
        ),
        (
            "raised_own",
            "RAISE EXCEPTION 'no % here', NEW.a USING ERRCODE = 'HK001';",
        ),
    ] {
        let bench = numbers(Postgres, name).await;
        bench.run("CREATE TABLE t (a int)").await;
        trigger(
            &bench,
            BEFORE,
            &format!("IF NEW.a IN (3, 7) THEN {raise} END IF;"),
        )
        .await;
        let job = file(&bench, "a\n3\n4\n");
        assert_eq!(bench.import(&job).await.unwrap().rejected, 1);
        assert!(bench.reasons("job-1")[0].1.contains("no 3 here"));
    }
    for (name, signal) in [
        (
            "signalled",
            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such number'",
        ),
        (
            "signalled_own",
            "SIGNAL SQLSTATE 'HK001' SET MESSAGE_TEXT = 'no such number'",
        ),
        (
            "signalled_number",
            "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 31001, MESSAGE_TEXT = 'no such number'",
        ),
    ] {
        let bench = numbers(MySql, name).await;
        bench.run("CREATE TABLE t (a int)").await;
        bench
            .statement(&format!(
                "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.a IN (3, 7) THEN {signal}; END IF; END"
            ))
            .await;
        but(&bench, &[3, 7], "no such number").await;
    }
}

#[tokio::test]
async fn a_row_without_a_partition_is_rejected() {
    let bench = numbers(Postgres, "partitions").await;
    bench
        .run("CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (8)")
        .await;
    but(&bench, &[8, 9], "no partition of relation").await;
    let bench = numbers(MySql, "partitions").await;
    bench
        .run("CREATE TABLE t (a int) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (8))")
        .await;
    but(&bench, &[8, 9], "Table has no partition for value").await;
}

#[tokio::test]
async fn a_row_that_its_view_would_not_show_is_rejected() {
    for server in BOTH {
        let bench = numbers(server, "viewed").await;
        bench
            .run("CREATE TABLE u (a int); CREATE VIEW t AS SELECT a FROM u WHERE a <> 4 WITH CASCADED CHECK OPTION")
            .await;
        but(
            &bench,
            &[4],
            server.say("violates check option", "CHECK OPTION failed"),
        )
        .await;
    }
}

#[tokio::test]
async fn a_rule_of_the_table_rejects_a_row() {
    for server in BOTH {
        let bench = numbers(server, "checked").await;
        bench
            .run("CREATE TABLE t (a int, CONSTRAINT small CHECK (a < 9))")
            .await;
        but(&bench, &[9], "small").await;
    }
    let bench = numbers(Postgres, "excluded").await;
    bench
        .run("CREATE TABLE t (a int, EXCLUDE USING gist (int4range(a / 2 * 2, a / 2 * 2 + 2) WITH &&))")
        .await;
    but(&bench, &[1, 3, 5, 7, 9], "exclusion constraint").await;
}

#[tokio::test]
async fn an_entry_too_large_for_its_index_is_a_rejected_row() {
    let bench = Postgres.bench("indexed", r#""a": {"type": "text"}"#).await;
    bench
        .run("CREATE TABLE t (a text); CREATE INDEX i ON t (a)")
        .await;
    // What compresses well would fit.
    let mut state = 1_u64;
    let long: String = (0..9_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'a' + u8::try_from(state >> 59).unwrap() % 26)
        })
        .collect();
    let imported = bench
        .import(&file(&bench, &format!("a\nx\n{long}\ny\n")))
        .await
        .unwrap();
    assert_eq!((imported.rows, imported.rejected), (2, 1));
    assert!(bench.reasons("job-1")[0].1.contains("index row"));
}

/// The columns' names are c0 to c249. Texts of 40 bytes stay in the row's page, and 250 of them are too many for it.
#[tokio::test]
async fn a_row_too_large_for_its_page_is_rejected() {
    let every = |each: &dyn Fn(usize) -> String| (0..250).map(each).collect::<Vec<_>>().join(",");
    let columns = every(&|place| format!(r#""c{place}": {{"type": "string"}}"#));
    let bench = MySql.bench("paged", &columns).await;
    // In one session, which lets such a table be made.
    bench.statement("SET innodb_strict_mode = OFF").await;
    let columns = every(&|place| format!("c{place} text"));
    bench
        .statement(&format!("CREATE TABLE t ({columns})"))
        .await;
    let (header, small) = (
        every(&|place| format!("c{place}")),
        every(&|_| "x".to_owned()),
    );
    let large = every(&|_| "x".repeat(40));
    let job = file(&bench, &format!("{header}\n{small}\n{large}\n{small}\n"));
    let imported = bench.import(&job).await.unwrap();
    assert_eq!((imported.rows, imported.rejected), (2, 1));
    let reasons = bench.reasons("job-1");
    assert!(reasons[0].0 == 2 && reasons[0].1.contains("Row size too large"));
}

#[tokio::test]
async fn a_question_of_a_trigger_with_two_answers_is_about_its_row() {
    for server in BOTH {
        let bench = numbers(server, "answers").await;
        bench
            .run("CREATE TABLE t (a int); CREATE TABLE u (a int); INSERT INTO u VALUES (3), (3)")
            .await;
        if server == Postgres {
            trigger(
                &bench,
                BEFORE,
                "NEW.a := COALESCE((SELECT a FROM u WHERE a = NEW.a), NEW.a);",
            )
            .await;
        } else {
            bench
                .statement(
                    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW \
                     SET NEW.a = COALESCE((SELECT a FROM u WHERE a = NEW.a), NEW.a)",
                )
                .await;
        }
        but(
            &bench,
            &[3],
            server.say("more than one row", "more than 1 row"),
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_looked_at_when_the_transaction_ends_is_still_about_one_row() {
    let deferred = "DEFERRABLE INITIALLY DEFERRED";
    let bench = numbers(Postgres, "deferred").await;
    bench
        .run("CREATE TABLE p (a int PRIMARY KEY); INSERT INTO p SELECT generate_series(0, 8)")
        .await;
    bench
        .run(&format!("CREATE TABLE t (a int REFERENCES p {deferred})"))
        .await;
    but(&bench, &[9], "is not present in table").await;

    let bench = numbers(Postgres, "deferred_unique").await;
    bench
        .run(&format!(
            "CREATE TABLE t (a int UNIQUE {deferred}); INSERT INTO t VALUES (5)"
        ))
        .await;
    let imported = bench
        .import(&file(&bench, "a\n4\n5\n6\n6\n"))
        .await
        .unwrap();
    assert_eq!((imported.rows, imported.rejected), (2, 2));

    let bench = numbers(Postgres, "deferred_trigger").await;
    bench.run("CREATE TABLE t (a int)").await;
    let body = "IF NEW.a = 2 THEN RAISE EXCEPTION 'too late'; END IF;";
    trigger(
        &bench,
        ("CONSTRAINT TRIGGER tr AFTER INSERT", deferred),
        body,
    )
    .await;
    but(&bench, &[2], "too late").await;
}

#[tokio::test]
async fn a_row_may_refer_to_a_later_one_where_the_database_lets_it() {
    let bench = Postgres
        .bench(
            "later",
            r#""a": {"type": "integer"}, "parent": {"type": "integer"}"#,
        )
        .await;
    bench
        .run("CREATE TABLE t (a int PRIMARY KEY, parent int REFERENCES t)")
        .await;
    // 1 → 3 → 2; 7 refers to nothing, and so 6 does; the second 2 makes the chunk be looked at row by row.
    let job = file(&bench, "a,parent\n1,3\n3,2\n2,\n6,7\n7,99\n2,\n");
    let imported = bench.import(&job).await.unwrap();
    assert_eq!((imported.rows, imported.rejected), (3, 3));
    let rows: Vec<u64> = bench.reasons("job-1").iter().map(|(row, _)| *row).collect();
    assert_eq!(rows, [4, 5, 6]);
}

#[tokio::test]
async fn a_row_that_a_policy_hides_is_rejected_and_a_missing_right_is_none_of_the_rows() {
    let bench = numbers(Postgres, "secured").await;
    bench
        .run(
            "DROP ROLE IF EXISTS hikyaku_secured; CREATE ROLE hikyaku_secured LOGIN;
              CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
              CREATE POLICY small ON t USING (true) WITH CHECK (a < 9);
              GRANT SELECT, INSERT, UPDATE ON hikyaku_cursors, t TO hikyaku_secured;
              GRANT SELECT, INSERT, DELETE ON hikyaku_rejects TO hikyaku_secured",
        )
        .await;
    let restricted = bench.of_user(
        "hikyaku_secured",
        r#"{"t": {"columns": {"a": {"type": "integer"}}}}"#,
    );
    but(&restricted, &[9], "row-level security").await;
    bench.run("REVOKE INSERT ON t FROM hikyaku_secured").await;
    let error = restricted
        .import_as("job-2", &file(&restricted, "a\n1\n"))
        .await
        .unwrap_err();
    assert!(
        chain(&error).contains("permission denied for table t"),
        "{}",
        chain(&error)
    );
}

#[tokio::test]
async fn a_row_that_a_trigger_swallows_is_counted_as_rejected() {
    let bench = numbers(Postgres, "swallowed").await;
    bench.run("CREATE TABLE t (a int)").await;
    trigger(&bench, BEFORE, "IF NEW.a = 2 THEN RETURN NULL; END IF;").await;
    but(&bench, &[2], "inserted nothing").await;
}

/// Before PostgreSQL had partitions, triggers put rows into tables that inherit.
#[tokio::test]
async fn rows_that_a_trigger_puts_into_another_table_are_in() {
    let bench = numbers(Postgres, "inherited").await;
    bench
        .run("CREATE TABLE t (a int); CREATE TABLE t1 () INHERITS (t)")
        .await;
    trigger(
        &bench,
        BEFORE,
        "INSERT INTO t1 VALUES (NEW.a); RETURN NULL;",
    )
    .await;
    but(&bench, &[], "").await;
}

/// A rule is not passed over, as COPY would.
#[tokio::test]
async fn rules_hold() {
    let bench = numbers(Postgres, "ruled").await;
    bench
        .run(
            "CREATE TABLE t (a int); CREATE TABLE u (a int);
              CREATE RULE also AS ON INSERT TO t DO ALSO INSERT INTO u VALUES (NEW.a)",
        )
        .await;
    but(&bench, &[], "").await;
    assert_eq!(bench.ask("SELECT COUNT(*) FROM u").await, "10");
}

#[tokio::test]
async fn a_character_that_the_database_has_not_is_its_rows_fault() {
    let admin = Postgres.bench("plain", r#""a": {"type": "string"}"#).await;
    admin.statement("DROP DATABASE IF EXISTS euc").await;
    admin
        .statement("CREATE DATABASE euc ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0")
        .await;
    let mut url = url::Url::parse(&admin.url).unwrap();
    url.set_path("euc");
    let bench = Bench::on(
        tempfile::tempdir().unwrap(),
        url.as_str(),
        r#"{"t": {"columns": {"a": {"type": "string"}}}}"#,
    );
    bench
        .run(include_str!(
            "../../../database/sql/hikyaku_cursors.postgres.sql"
        ))
        .await;
    bench.run("CREATE TABLE t (a text)").await;
    let imported = bench
        .import(&file(&bench, "a\n東京\n😀\n大阪\n"))
        .await
        .unwrap();
    assert_eq!((imported.rows, imported.rejected), (2, 1));
    assert_eq!(
        bench.ask("SELECT string_agg(a, '') FROM t").await,
        "東京大阪"
    );
}
