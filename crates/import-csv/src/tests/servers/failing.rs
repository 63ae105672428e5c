//! What a server says when it cannot, in sentences.

use super::super::bench::Bench;
use super::{MySql, Postgres, WRITABLE, chain, file};
use crate::ImportError;

const TABLES: &str = r#"{"t": {"columns": {"a": {"type": "integer"}}}}"#;

async fn fails(bench: &Bench, id: &str) -> String {
    let error = bench
        .import_as(id, &file(bench, "a\n1\n2\n"))
        .await
        .unwrap_err();
    assert!(matches!(error, ImportError::Database { .. }), "{error}");
    assert!(!error.is_permanent(), "{error}");
    chain(&error)
}

/// A failover leaves a session on what only reads from then on. Here the database is switched under the session.
#[tokio::test]
async fn a_connection_that_only_reads_is_not_kept() {
    let bench = Postgres.bench_with("reading", TABLES).await;
    bench.run("CREATE TABLE t (a int)").await;
    let admin = Bench::on(tempfile::tempdir().unwrap(), &bench.url, TABLES);
    admin
        .run("ALTER DATABASE reading SET default_transaction_read_only = on")
        .await;
    let warm = bench.told(TABLES, &[]);
    let said = fails(&warm, "job-1").await;
    assert!(
        said.contains("only reads") && said.contains("writer"),
        "{said}"
    );
    admin
        .run("ALTER DATABASE reading RESET default_transaction_read_only")
        .await;
    assert_eq!(
        warm.import_as("job-1", &file(&warm, "a\n1\n2\n"))
            .await
            .unwrap()
            .rows,
        2
    );
}

#[tokio::test]
async fn a_mysql_that_only_reads_is_left() {
    let bench = MySql.bench_with("reading", TABLES).await;
    bench
        .run(
            "CREATE TABLE t (a int); CREATE OR REPLACE USER hikyaku_reading IDENTIFIED BY 'secret';
              GRANT ALL ON reading.* TO hikyaku_reading",
        )
        .await;
    let user = bench.of_user("hikyaku_reading", TABLES);
    let only = WRITABLE.write().await;
    bench.run("SET GLOBAL read_only = ON").await;
    let before = user.ask("SELECT CONNECTION_ID()").await;
    let error = user.import(&file(&user, "a\n1\n")).await;
    bench.run("SET GLOBAL read_only = OFF").await;
    drop(only);
    let said = chain(&error.unwrap_err());
    assert!(
        said.contains("only reads") && said.contains("writer"),
        "{said}"
    );
    assert_ne!(user.ask("SELECT CONNECTION_ID()").await, before);
}

#[tokio::test]
async fn a_missing_right_names_what_it_is_on_and_where_the_rights_are_listed() {
    let _writable = WRITABLE.read().await;
    let bench = Postgres.bench_with("denied", TABLES).await;
    bench
        .run("DROP ROLE IF EXISTS hikyaku_denied; CREATE ROLE hikyaku_denied LOGIN;
              CREATE TABLE t (id bigserial PRIMARY KEY, a int);
              GRANT SELECT, INSERT, UPDATE ON hikyaku_cursors TO hikyaku_denied; GRANT INSERT ON t TO hikyaku_denied")
        .await;
    let user = bench.of_user("hikyaku_denied", TABLES);
    let said = fails(&user, "job-1").await;
    assert!(
        said.contains("permission denied for sequence t_id_seq"),
        "{said}"
    );
    assert!(said.contains("docs/database.md"), "{said}");

    let bench = MySql.bench_with("denied", TABLES).await;
    bench
        .run(
            "CREATE TABLE t (a int); CREATE OR REPLACE USER hikyaku_denied IDENTIFIED BY 'secret';
              GRANT SELECT, INSERT, UPDATE ON denied.hikyaku_cursors TO hikyaku_denied;
              GRANT SELECT ON denied.t TO hikyaku_denied",
        )
        .await;
    let user = bench.of_user("hikyaku_denied", TABLES);
    let said = fails(&user, "job-1").await;
    assert!(
        said.contains("INSERT command denied") && said.contains("docs/database.md"),
        "{said}"
    );
    let mut url = url::Url::parse(&user.url).unwrap();
    url.set_path("mysql");
    let elsewhere = Bench::on(tempfile::tempdir().unwrap(), url.as_str(), TABLES);
    let said = fails(&elsewhere, "job-1").await;
    assert!(
        said.contains("no permission") && said.contains("'mysql'"),
        "{said}"
    );
}

#[tokio::test]
async fn a_statement_that_the_server_cancels_says_which_setting_did_it() {
    let _writable = WRITABLE.read().await;
    let bench = Postgres.bench_with("cancelled", TABLES).await;
    bench.run("CREATE TABLE t (a int)").await;
    bench
        .statement("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(9); RETURN NEW; END $$")
        .await;
    bench
        .run(
            "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow();
              ALTER DATABASE cancelled SET statement_timeout = '100ms'",
        )
        .await;
    let said = fails(&bench.told(TABLES, &[]), "job-1").await;
    assert!(said.contains("statement_timeout"), "{said}");

    let bench = MySql.bench_with("cancelled", TABLES).await;
    bench
        .run("CREATE TABLE t (a int); CREATE OR REPLACE USER hikyaku_cancelled IDENTIFIED BY 'secret' \
              WITH MAX_STATEMENT_TIME 0.1; GRANT ALL ON cancelled.* TO hikyaku_cancelled")
        .await;
    bench
        .statement(
            "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + SLEEP(9)",
        )
        .await;
    let user = bench.of_user("hikyaku_cancelled", TABLES);
    let said = fails(&user, "job-1").await;
    assert!(said.contains("max_statement_time"), "{said}");
}

#[tokio::test]
async fn a_connection_that_somebody_ends_meanwhile_says_so() {
    let bench = Postgres.bench_with("terminated", TABLES).await;
    bench.run("CREATE TABLE t (a int)").await;
    bench
        .statement("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$")
        .await;
    bench
        .run("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()")
        .await;
    let said = fails(&bench, "job-1").await;
    assert!(
        said.contains("somebody ended the connection") && said.contains("57P01"),
        "{said}"
    );
    bench.run("DROP TRIGGER tr ON t").await;
    let job = file(&bench, "a\n1\n2\n");
    assert_eq!(bench.import_as("job-1", &job).await.unwrap().rows, 2);
}

/// The disk that is full is Linux's `/dev/full`: a trigger of the table writes there.
#[tokio::test]
async fn a_full_disk_is_said_with_what_to_do() {
    let bench = Postgres.bench_with("disk_full", TABLES).await;
    bench.run("CREATE TABLE t (a int)").await;
    bench
        .statement("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN COPY (SELECT 1) TO '/dev/full'; RETURN NEW; END $$")
        .await;
    bench
        .run("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()")
        .await;
    let said = fails(&bench, "job-1").await;
    assert!(
        said.contains("give it more storage") && said.contains("53100"),
        "{said}"
    );
}

/// Rows are inserted in statements that fit. A chunk's rejected rows are kept in one, and the test server takes a
/// mebibyte.
#[tokio::test]
async fn a_statement_that_is_too_large_says_which_setting_to_raise() {
    let bench = MySql.bench_with("packets", TABLES).await;
    bench.run("CREATE TABLE t (a int)").await;
    let job = file(
        &bench,
        &format!(
            "a\n{}",
            "表示\n".repeat(5_000).replace('表', &"表".repeat(60))
        ),
    );
    let error = bench.import(&job).await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");
    let said = chain(&error);
    assert!(
        said.contains("raise max_allowed_packet") && said.contains("1153"),
        "{said}"
    );
}

/// What a trigger cannot do is no fault of a row: all rows would be rejected for it.
#[tokio::test]
async fn a_trigger_that_is_broken_rejects_no_row() {
    let bench = Postgres.bench_with("broken", TABLES).await;
    bench.run("CREATE TABLE t (a int)").await;
    bench
        .statement("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO gone VALUES (1); RETURN NEW; END $$")
        .await;
    bench
        .run("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()")
        .await;
    let said = fails(&bench, "job-1").await;
    assert!(said.contains("\"gone\" does not exist"), "{said}");

    let bench = MySql.bench_with("broken", TABLES).await;
    bench
        .run("CREATE TABLE t (a int); CREATE TABLE gone (a int)")
        .await;
    bench
        .statement("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW INSERT INTO gone VALUES (1)")
        .await;
    bench.run("DROP TABLE gone").await;
    let said = fails(&bench, "job-1").await;
    assert!(said.contains("gone' doesn't exist"), "{said}");
}
