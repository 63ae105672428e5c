//! The same on real servers, which `tests/databases/servers.py` starts. Each test has a database of its own.

mod colliding;
mod connecting;
mod failing;
mod fitting;
mod once;
mod refusing;
mod repeating;
mod rights;
mod values;
mod wire;

use std::process::Command;

use super::bench::Bench;
use crate::chunk::Limits;

/// A server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Postgres,
    MySql,
}
use Server::{MySql, Postgres};

/// One test has the MySQL server only read, which users who may do anything do not notice. Tests with other users keep it
/// from that meanwhile.
static WRITABLE: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

const BOTH: [Server; 2] = [Postgres, MySql];

fn variable(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests of a server are told where it is"
    )]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| {
        panic!("{name} is not set: tests/databases/servers.py cargo test … starts the servers")
    })
}

impl Server {
    /// Of a user who may do anything.
    fn url(self) -> String {
        variable(match self {
            Postgres => "TEST_POSTGRES_URL",
            MySql => "TEST_MYSQL_URL",
        })
    }

    /// The same in one language or the other.
    fn say<'a>(self, postgres: &'a str, mysql: &'a str) -> &'a str {
        match self {
            Postgres => postgres,
            MySql => mysql,
        }
    }

    /// An importer into a new database, in which there is a cursor's table. `columns` is what `IMPORT_TABLES` says of `t`.
    async fn bench(self, name: &str, columns: &str) -> Bench {
        let tables = format!(r#"{{"t": {{"columns": {{{columns}}}}}}}"#);
        self.bench_with(name, &tables).await
    }

    async fn bench_with(self, name: &str, tables: &str) -> Bench {
        let admin = Bench::on(tempfile::tempdir().unwrap(), &self.url(), tables);
        admin
            .statement(&format!("DROP DATABASE IF EXISTS {name}"))
            .await;
        let characters = self.say("", "CHARACTER SET utf8mb4");
        admin
            .statement(&format!("CREATE DATABASE {name} {characters}"))
            .await;
        let mut url = url::Url::parse(&self.url()).unwrap();
        url.set_path(name);
        let mut bench = Bench::on(tempfile::tempdir().unwrap(), url.as_str(), tables);
        bench.importer.limits = Limits::default();
        bench
            .run(self.say(
                include_str!("../../../database/sql/hikyaku_cursors.postgres.sql"),
                include_str!("../../../database/sql/hikyaku_cursors.mysql.sql"),
            ))
            .await;
        bench
    }
}

/// A job that imports `contents` into `t`.
fn file(bench: &Bench, contents: &str) -> crate::ImportCsv {
    let mut job = bench.file("a.csv", contents);
    job.table = "t".to_owned();
    job
}

/// The error and all its causes.
fn chain(error: &crate::ImportError) -> String {
    hikyaku::core::explain(error)
}

/// What real Laravel does with the database: see tests/databases/laravel.php.
fn laravel(bench: &Bench, arguments: &[&str]) -> String {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/databases/laravel.php"
    );
    let ran = Command::new("php")
        .args([script, &bench.url])
        .args(arguments)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}
