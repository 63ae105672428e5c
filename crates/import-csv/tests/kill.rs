//! A process that imports is killed, with SIGKILL, again and again at other moments: every row is imported once.
//!
//! The test is its own victim: started with a directory and a token, it imports what is in there.

use std::error::Error;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use import_csv::{Attempt, Database, ImportCsv, Importer, Settings, import};
use url::Url;

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROWS: usize = 20_000;
const TABLES: &str = r#"{"t": {"columns": {"a": {"type": "integer", "required": true}}}}"#;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match words.as_slice() {
        [_, word, directory, token] if word == "victim" => {
            runtime.block_on(victim(Path::new(directory), token.parse()?))
        }
        _ => runtime.block_on(kill()),
    }
}

/// One attempt, in a process of its own.
async fn victim(directory: &Path, token: u64) -> Outcome<()> {
    let folder = Url::from_directory_path(directory).map_err(|()| "no directory")?;
    let settings = Settings::from_variables(|name| match name {
        "DATABASE_URL" => Some(format!("sqlite://{}/app.sqlite", directory.display())),
        "IMPORT_SOURCES" => Some(folder.to_string()),
        "IMPORT_TABLES" => Some(TABLES.to_owned()),
        _ => None,
    })?;
    let payload = format!(r#"{{"url": "{folder}a.csv", "table": "t"}}"#);
    let job: ImportCsv = serde_json::from_str(&payload)?;
    import(
        &Importer::new(settings)?,
        &job,
        Attempt { id: "job", token },
        || false,
    )
    .await?;
    Ok(())
}

async fn kill() -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path();
    let text: String = (0..ROWS).fold("a\n".to_owned(), |text, row| text + &row.to_string() + "\n");
    std::fs::write(path.join("a.csv"), text)?;
    std::fs::write(path.join("app.sqlite"), "")?;
    let Database::Sqlite(pool) =
        Database::connect_lazily(&format!("sqlite://{}/app.sqlite", path.display()))?
    else {
        return Err("not SQLite".into());
    };
    sqlx::raw_sql(include_str!("../database/sql/hikyaku_cursors.sqlite.sql"))
        .execute(&pool)
        .await?;
    sqlx::raw_sql("CREATE TABLE t (a INTEGER NOT NULL)")
        .execute(&pool)
        .await?;

    let (mut token, mut killed_within) = (0, 0);
    loop {
        token += 1;
        let mut victim = start(path, token)?;
        std::thread::sleep(Duration::from_millis(15 + token * 5));
        victim.kill()?;
        if victim.wait()?.success() {
            break;
        }
        let (rows, different) = count(&pool).await?;
        assert_eq!(rows, different, "no row twice after kill {token}");
        killed_within += u32::from(rows > 0);
    }
    assert_eq!(
        count(&pool).await?,
        (i64::try_from(ROWS)?, i64::try_from(ROWS)?)
    );
    assert!(killed_within > 0, "no attempt was killed in the middle");
    Ok(())
}

fn start(directory: &Path, token: u64) -> Outcome<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command
        .arg("victim")
        .arg(directory)
        .arg(token.to_string())
        .spawn()?)
}

/// All rows, and how many of them differ.
async fn count(pool: &sqlx::SqlitePool) -> Outcome<(i64, i64)> {
    Ok(sqlx::query_as("SELECT count(*), count(DISTINCT a) FROM t")
        .fetch_one(pool)
        .await?)
}
