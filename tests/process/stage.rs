//! A database and a file to import, in a folder of their own.

use std::fmt::Write as _;
use std::path::PathBuf;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

pub(crate) const TABLES: &str =
    r#"{"numbers": {"columns": {"number": {"type": "integer", "required": true}}}}"#;

/// A folder with a database and `numbers.csv`.
pub(crate) struct Stage {
    folder: TempDir,
    rows: usize,
}

impl Stage {
    /// Makes the folder, with `rows` different rows to import.
    pub(crate) async fn with_rows(rows: usize) -> Self {
        let stage = Self {
            folder: TempDir::new().unwrap(),
            rows,
        };
        let mut text = "number\n".to_owned();
        for number in 0..rows {
            writeln!(text, "{number}").unwrap();
        }
        std::fs::write(stage.path("numbers.csv"), text).unwrap();
        let mut database = stage.database().await;
        let cursors =
            include_str!("../../crates/import-csv/database/sql/hikyaku_cursors.sqlite.sql");
        for statements in [cursors, "CREATE TABLE numbers (number INTEGER NOT NULL)"] {
            sqlx::raw_sql(statements)
                .execute(&mut database)
                .await
                .unwrap();
        }
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.path("application.db").display())
    }

    async fn database(&self) -> SqliteConnection {
        let file = SqliteConnectOptions::new()
            .filename(self.path("application.db"))
            .create_if_missing(true);
        SqliteConnection::connect_with(&file).await.unwrap()
    }

    /// How many rows were imported, and how many of them differ.
    pub(crate) async fn imported(&self) -> (usize, usize) {
        let mut database = self.database().await;
        let counted: (i64, i64) =
            sqlx::query_as("SELECT COUNT(*), COUNT(DISTINCT number) FROM numbers")
                .fetch_one(&mut database)
                .await
                .unwrap();
        (
            usize::try_from(counted.0).unwrap(),
            usize::try_from(counted.1).unwrap(),
        )
    }

    /// Every row is there, and none twice.
    pub(crate) async fn assert_each_row_once(&self) {
        assert_eq!(self.imported().await, (self.rows, self.rows));
    }
}
