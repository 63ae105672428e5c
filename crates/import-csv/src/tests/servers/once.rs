//! Every row is in the table once, whatever happens to an attempt.

use std::fmt::Write;

use super::super::bench::{Bench, NEVER};
use super::super::crashing::dying_at_any_await;
use super::{MySql, Postgres, Server};
use crate::chunk::Limits;
use crate::sql::Statement;
use crate::{Database, DatabaseSettings, ImportCsv, ImportError, PasswordFrom};
use hikyaku::secrets::ValueFrom;

const TABLES: &str = r#"{"customers": {"columns": {
    "email": {"type": "string", "required": true}, "name": {"type": "string"}, "age": {"type": "integer"},
    "visits": {"type": "bigInteger"}, "score": {"type": "float"}, "balance": {"type": "decimal"},
    "active": {"type": "boolean"}, "born": {"type": "date"}, "seen": {"type": "dateTime"}, "ref": {"type": "uuid"}
}}}"#;

const HEADER: &str = "email,name,age,visits,score,balance,active,born,seen,ref\n";

async fn bench(server: Server, name: &str, customers: &str) -> Bench {
    let bench = server.bench_with(name, TABLES).await;
    // An attempt that is cut off costs a connection, and there are hundreds.
    let mut url = url::Url::parse(&bench.url).unwrap();
    let without = server.say("sslmode=disable", "ssl-mode=DISABLED");
    url.set_query(Some(without));
    let mut bench = Bench::on(tempfile::tempdir().unwrap(), url.as_str(), TABLES);
    bench.importer.limits = Limits {
        rows: 3,
        bytes: 1024,
    };
    bench.run(customers).await;
    bench
}

fn file(bench: &Bench) -> ImportCsv {
    let mut text = HEADER.to_owned();
    for row in 0..8 {
        writeln!(text, "c{row}@e,田中,{row},9000000000,1.5,12.34,yes,2026/1/31,2026-01-31 09:05,019a0000-0000-7000-8000-00000000000{row}").unwrap();
    }
    text.push_str("c3@e,,,,,,,,,\nlast@e,,,,,,,,,\nbad@e,,x,,,,,,,\n");
    bench.file("a.csv", text)
}

async fn whole(bench: &Bench) {
    let file = file(bench);
    for token in 1..=3 {
        bench.attempt(&file, token, || true).await.unwrap_err();
        let error = bench.attempt(&file, token - 1, NEVER).await.unwrap_err();
        assert!(matches!(error, ImportError::Stale { .. }), "{error}");
    }
    let imported = bench.attempt(&file, 4, NEVER).await.unwrap();
    assert_eq!(
        (imported.rows, imported.rejected, imported.chunks),
        (9, 2, 4)
    );
    assert_eq!(bench.attempt(&file, 5, NEVER).await.unwrap(), imported);
    let mut expected: Vec<String> = (0..8).map(|row| format!("c{row}@e")).collect();
    expected.push("last@e".to_owned());
    assert_eq!(bench.column("email").await, expected);
    assert_eq!(bench.column("name").await.len(), 8);
    assert!(
        bench
            .rejects(1)
            .unwrap()
            .contains("the table has a row of this key already: ")
    );

    // Two at once: whatever becomes of each, every row is in once.
    bench
        .run("DELETE FROM customers; DELETE FROM hikyaku_cursors")
        .await;
    let (first, second) = tokio::join!(
        bench.attempt(&file, 1, NEVER),
        bench.attempt(&file, 2, NEVER)
    );
    if first.is_err() && second.is_err() {
        bench.attempt(&file, 3, NEVER).await.unwrap();
    }
    assert_eq!(bench.column("email").await, expected);

    bench
        .run("CREATE UNIQUE INDEX one ON customers (email)")
        .await;
    dying_at_any_await(bench).await;

    bench.run("DROP TABLE hikyaku_cursors").await;
    let error = bench.attempt(&file, 6, NEVER).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("create_hikyaku_cursors_table.php"),
        "{cause}"
    );
}

#[tokio::test]
async fn postgres_imports_every_row_once() {
    let customers = "CREATE TABLE customers (id bigserial PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, \
                     name varchar(255), age integer, visits bigint, score double precision, balance numeric(8, 2), \
                     active boolean, born date, seen timestamp(0), ref uuid)";
    whole(&bench(Postgres, "once", customers).await).await;
}

#[tokio::test]
async fn mysql_imports_every_row_once() {
    let customers = "CREATE TABLE customers (id bigint AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, \
                     name varchar(255), age integer, visits bigint, score double, balance decimal(8, 2), \
                     active boolean, born date, seen datetime, ref char(36)) ENGINE=InnoDB CHARACTER SET utf8mb4";
    whole(&bench(MySql, "once", customers).await).await;
}

/// Needs a user who may make users, as the one of the URL above is.
#[tokio::test]
async fn a_rotated_password_is_read_again_when_the_old_one_is_refused() {
    let bench = Postgres.bench_with("rotated", TABLES).await;
    bench.run("DROP ROLE IF EXISTS hikyaku_rotated").await;
    bench
        .run("CREATE ROLE hikyaku_rotated LOGIN PASSWORD 'first'")
        .await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let aws = hikyaku::Config::from_lookup(|name| {
        Ok(match name {
            "AWS_ENDPOINT_URL_SSM" => Some(endpoint.clone()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("of-a-test".to_owned()),
            _ => None,
        })
    })
    .unwrap();
    let mut url = url::Url::parse(&bench.url).unwrap();
    url.set_username("hikyaku_rotated").unwrap();
    url.set_password(None).unwrap();
    let mut settings = DatabaseSettings::of(url.as_str());
    let place = ValueFrom::parse("/app/password").unwrap();
    settings.password_from = Some(PasswordFrom::Secret(place));
    let database = Database::new(&settings, &aws).unwrap();

    let (logged_in, ()) = tokio::join!(database.log_in(), say_password(&listener, "first"));
    logged_in.unwrap();
    let ask = || Statement {
        sql: "SELECT CAST(1 AS bigint)".to_owned(),
        values: Vec::new(),
    };
    assert!(database.row(ask()).await.unwrap().is_some());

    bench
        .run("ALTER ROLE hikyaku_rotated PASSWORD 'second'")
        .await;
    bench
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hikyaku_rotated'")
        .await;
    let asking = async {
        // The first attempt may still find the connection that was ended.
        match database.row(ask()).await {
            Err(_) => database.row(ask()).await,
            found => found,
        }
    };
    let (found, ()) = tokio::join!(asking, say_password(&listener, "second"));
    assert!(found.unwrap().is_some());
}

async fn say_password(listener: &tokio::net::TcpListener, password: &str) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = [0; 8192];
    let read = stream.read(&mut request).await.unwrap();
    assert!(read > 0);
    let body = format!(r#"{{"Parameter": {{"Value": "{password}"}}}}"#);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}
