//! An import run as a command and killed again and again, at other moments.

use std::process::{Child, Command};
use std::time::Duration;

use super::binaries;
use super::stage::{Stage, TABLES};

const ROWS: usize = 20_000;

fn start(stage: &Stage) -> Child {
    Command::new(binaries::folder().join("import-csv"))
        .args(["run", "--event"])
        .arg(stage.path("event.json"))
        .env_clear()
        .env("DATABASE_URL", stage.database_url())
        .env("IMPORT_SOURCES", stage.url(""))
        .env("IMPORT_TABLES", TABLES)
        .env("AWS_LAMBDA_LOG_LEVEL", "ERROR")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn an_import_that_is_killed_at_many_moments_imports_each_row_once() {
    let stage = Stage::with_rows(ROWS).await;
    // The same uuid every time: the same job, so the same cursor.
    let data = serde_json::json!({ "url": stage.url("numbers.csv"), "table": "numbers" });
    let event =
        serde_json::json!({ "uuid": "the-import", "job": "App\\Jobs\\ImportCsv", "data": data });
    std::fs::write(stage.path("event.json"), event.to_string()).unwrap();

    let mut killed_in_the_middle = 0;
    // Bounded, so that an import that can never succeed is a failure and no endless test.
    for attempt in 1..=300_u64 {
        let mut process = start(&stage);
        // Each attempt lives a little longer, so each dies at another point.
        tokio::time::sleep(Duration::from_millis(20 + attempt * 7)).await;
        process.kill().unwrap();
        if process.wait().unwrap().success() {
            break;
        }
        let (rows, different) = stage.imported().await;
        assert_eq!(rows, different, "no row twice after kill {attempt}");
        killed_in_the_middle += u32::from(rows > 0 && rows < ROWS);
    }
    stage.assert_each_row_once().await;
    assert!(
        killed_in_the_middle > 0,
        "no attempt was killed in the middle"
    );
}
