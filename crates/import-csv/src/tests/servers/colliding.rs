//! Imports that are in each other's way.

use super::super::bench::{Bench, NEVER};
use super::{BOTH, MySql, Postgres, file};
use crate::chunk::Limits;
use crate::{Attempt, ImportError, Imported, import};

const TABLES: &str = r#"{"t": {"columns": {"a": {"type": "integer"}}}}"#;

fn other(bench: &Bench) -> Bench {
    let mut other = Bench::on(tempfile::tempdir().unwrap(), &bench.url, TABLES);
    other.importer.limits = bench.importer.limits;
    other
}

/// Each holds what the other wants next: the server ends one of them, which tries its chunk again.
#[tokio::test]
async fn two_files_of_the_same_keys_in_another_order_cost_no_try() {
    for server in BOTH {
        let mut bench = server.bench_with("deadlocks", TABLES).await;
        bench.run("CREATE TABLE t (a int PRIMARY KEY)").await;
        bench.importer.limits = Limits {
            rows: 200,
            bytes: 1024 * 1024,
        };
        let other = other(&bench);
        let text = |rows: Vec<u32>| {
            let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
            format!("a\n{}\n", rows.join("\n"))
        };
        let one = file(&bench, &text((0..2_000).collect()));
        let two = file(&other, &text((0..2_000).rev().collect()));
        let first = import(
            &bench.importer,
            &one,
            Attempt {
                id: "one",
                token: 1,
                progress: None,
            },
            NEVER,
        );
        let second = import(
            &other.importer,
            &two,
            Attempt {
                id: "two",
                token: 1,
                progress: None,
            },
            NEVER,
        );
        let (first, second) = tokio::join!(Box::pin(first), Box::pin(second));
        // One may be done before the other begins.
        let counts = |ended: Result<Imported, ImportError>| match ended {
            Ok(imported) => (imported.rows, imported.rejected),
            Err(ImportError::AllRejected { rejected, .. }) => (0, rejected),
            Err(error) => panic!("{server:?}: {error:?}"),
        };
        let (first, second) = (counts(first), counts(second));
        assert_eq!(first.0 + second.0, 2_000, "{server:?}");
        assert_eq!(first.1 + second.1, 2_000, "{server:?}");
        assert_eq!(bench.ask("SELECT COUNT(*) FROM t").await, "2000");
    }
}

/// A deadlock that is sure to happen: another session holds row 2 and then wants row 1, which the chunk has inserted.
#[tokio::test]
async fn a_chunk_that_the_server_ends_is_written_again_in_the_same_attempt() {
    for server in BOTH {
        let bench = server.bench_with("deadlock", TABLES).await;
        bench.run("CREATE TABLE t (a int PRIMARY KEY)").await;
        // The session of the import is the one that is ended, because it looks for deadlocks or has changed less. PostgreSQL
        // looks once, so long after a wait began.
        bench
            .run(server.say(
                "ALTER DATABASE deadlock SET deadlock_timeout = '4s'",
                "CREATE TABLE heavy (a int)",
            ))
            .await;
        let bench = bench.told(TABLES, &[]);
        let holder = other(&bench);
        let mut held = holder.database.begin().await.unwrap();
        let statement = |sql: &str| crate::sql::Statement {
            sql: sql.to_owned(),
            values: vec![],
        };
        held.execute(statement("INSERT INTO t VALUES (2)"))
            .await
            .unwrap();
        if server == MySql {
            let heavy = "INSERT INTO heavy SELECT seq FROM seq_1_to_5000";
            held.execute(statement(heavy)).await.unwrap();
        } else {
            held.execute(statement("SET LOCAL deadlock_timeout = '60s'"))
                .await
                .unwrap();
        }
        let job = file(&bench, "a\n1\n2\n3\n");
        let done = std::cell::Cell::new(false);
        let import = async {
            let imported = bench.import(&job).await;
            done.set(true);
            imported
        };
        let release = async {
            // Once the import waits for row 2. MariaDB looks anew only if nobody asked for a tenth of a second.
            let watcher = other(&bench);
            let waits = server.say(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = 'deadlock' AND wait_event_type = 'Lock'",
                "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist ON id = trx_mysql_thread_id \
                 WHERE db = 'deadlock' AND trx_state = 'LOCK WAIT'",
            );
            while watcher.ask(waits).await == "0" && !done.get() {
                tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            }
            assert!(!done.get(), "{server:?}: the import waited for nothing");
            held.execute(statement("INSERT INTO t VALUES (1)"))
                .await
                .unwrap();
            held.commit().await.unwrap();
        };
        let (imported, ()) = tokio::join!(import, release);
        let imported = imported.unwrap();
        assert_eq!((imported.rows, imported.rejected), (1, 2), "{server:?}");
        assert_eq!(bench.ask("SELECT COUNT(*) FROM t").await, "3", "{server:?}");
    }
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_half_a_minute() {
    let bench = MySql.bench_with("waits", TABLES).await;
    let waits =
        "SELECT CONCAT(@@lock_wait_timeout, '|', @@innodb_lock_wait_timeout, '|', @@wait_timeout)";
    assert_eq!(bench.ask(waits).await, "30|30|60");
    let bench = Postgres.bench_with("waits", TABLES).await;
    assert_eq!(
        bench.ask("SELECT current_setting('lock_timeout')").await,
        "30s"
    );
    let idle = "SELECT current_setting('idle_in_transaction_session_timeout')";
    assert_eq!(bench.ask(idle).await, "1min");
}
