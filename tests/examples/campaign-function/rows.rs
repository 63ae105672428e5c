//! An effect in a database: rows and the mark that they are there, in one transaction each, as `import-csv` does it.

use std::time::Duration;

use hikyaku::{Context, JobError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Row as _};

use crate::World;

/// How many rows a job writes, each in a transaction of its own.
const ROWS: i64 = 3;

/// How long one writer waits for another. One that is frozen in the middle holds up all; then they come again.
const BUSY: Duration = Duration::from_millis(1500);

const TAKE: &str = "INSERT INTO marks (job, token, written) VALUES (?, ?, 0) \
                    ON CONFLICT (job) DO UPDATE SET token = excluded.token WHERE token < excluded.token";
const ADVANCE: &str = "UPDATE marks SET written = ? WHERE job = ? AND token = ? AND written = ?";

pub(crate) fn pool(url: &str) -> Result<SqlitePool, sqlx::Error> {
    let options: SqliteConnectOptions = url.parse()?;
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    Ok(SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(BUSY)
        .connect_lazy_with(options))
}

/// Writes the rows that earlier attempts have not.
pub(crate) async fn write(context: &Context<World>, subject: &str) -> Result<(), JobError> {
    let pool = &context.state().database;
    let token = i64::try_from(context.token())?;
    let take = sqlx::query(TAKE).bind(context.id()).bind(token);
    if take.execute(pool).await?.rows_affected() != 1 {
        return Err("a newer attempt has the job's rows".into());
    }
    let written = sqlx::query("SELECT written FROM marks WHERE job = ?").bind(context.id());
    let written: i64 = written.fetch_one(pool).await?.get(0);
    for row in written + 1..=ROWS {
        let mut transaction = pool.begin().await?;
        let advanced = sqlx::query(ADVANCE)
            .bind(row)
            .bind(context.id())
            .bind(token)
            .bind(row - 1);
        if advanced.execute(&mut *transaction).await?.rows_affected() != 1 {
            return Err("a newer attempt has the job's rows".into());
        }
        let insert = sqlx::query("INSERT INTO effects (subject, number) VALUES (?, ?)");
        let insert = insert.bind(subject).bind(row);
        insert.execute(&mut *transaction).await?;
        transaction.commit().await?;
        context.sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
