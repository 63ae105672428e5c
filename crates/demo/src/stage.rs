//! What the jobs work on: a database, files and pictures, made anew for every run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::Result;

/// The table that rows are imported into, as the application's own migration would make it.
const CUSTOMERS: &str =
    "CREATE TABLE customers (email TEXT NOT NULL, name TEXT NOT NULL, age INTEGER)";

/// The rows of `customers.csv`, and how many of them break a rule.
pub(crate) const ROWS: usize = 1000;
pub(crate) const BAD_ROWS: usize = 3;
/// The rows of `kokyaku.csv`.
pub(crate) const JAPANESE_ROWS: usize = 3;

/// A folder with everything in it.
#[derive(Debug)]
pub(crate) struct Stage {
    folder: PathBuf,
    today: String,
}

impl Stage {
    /// Sets everything up that is not there yet: what the defaults of template.yaml and the samples in events/ name.
    pub(crate) async fn keep(folder: &str) -> Result<Self> {
        if Path::new(folder).join("application.db").exists() {
            let kept = Self::of(folder)?;
            if kept.has_all_tables().await? {
                return Ok(kept);
            }
            for file in ["application.db", "application.db-wal", "application.db-shm"] {
                drop(fs::remove_file(kept.path(file)));
            }
        }
        let stage = Self::lay_out(folder).await?;
        stage.let_the_blocked_image_through()?;
        Ok(stage)
    }

    /// Whether its database is one of today's: an earlier version made fewer tables.
    async fn has_all_tables(&self) -> Result<bool> {
        let mut database = self.database().await?;
        let newest = sqlx::query("SELECT 1 FROM hikyaku_rejects LIMIT 1");
        let found = newest.fetch_optional(&mut database).await;
        database.close().await?;
        Ok(found.is_ok())
    }

    /// Clears the folder and sets everything up.
    pub(crate) async fn set(folder: &str) -> Result<Self> {
        if Path::new(folder).exists() {
            fs::remove_dir_all(folder)?;
        }
        Self::lay_out(folder).await
    }

    async fn lay_out(folder: &str) -> Result<Self> {
        for part in [
            "imports",
            "images/blocked",
            "rejects",
            "variants",
            "reports",
        ] {
            fs::create_dir_all(Path::new(folder).join(part))?;
        }
        let stage = Self::of(folder)?;
        stage.write_files()?;
        stage.create_database().await?;
        Ok(stage)
    }

    fn of(folder: &str) -> Result<Self> {
        Ok(Self {
            folder: fs::canonicalize(folder)?,
            today: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        })
    }

    pub(crate) fn path(&self, part: &str) -> PathBuf {
        self.folder.join(part)
    }

    /// Today's date in UTC.
    pub(crate) fn today(&self) -> &str {
        &self.today
    }

    pub(crate) fn url(&self, part: &str) -> String {
        format!("file://{}", self.path(part).display())
    }

    /// The values of the template's parameters that put everything into this folder.
    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        [
            (
                "DatabaseUrl",
                format!("sqlite://{}", self.path("application.db").display()),
            ),
            ("DataUrl", self.url("")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The folder that the second photo's variants belong in is a file at first, so writing there fails.
    fn block_an_image(&self) -> Result<()> {
        Ok(fs::write(self.path("variants/blocked"), "in the way")?)
    }

    pub(crate) fn let_the_blocked_image_through(&self) -> Result<()> {
        Ok(fs::remove_file(self.path("variants/blocked"))?)
    }

    pub(crate) async fn database(&self) -> Result<SqliteConnection> {
        let options = SqliteConnectOptions::new()
            .filename(self.path("application.db"))
            .create_if_missing(true);
        Ok(SqliteConnection::connect_with(&options).await?)
    }

    async fn create_database(&self) -> Result<()> {
        let mut database = self.database().await?;
        sqlx::raw_sql(CUSTOMERS).execute(&mut database).await?;
        let cursors = include_str!("../../import-csv/database/sql/hikyaku_cursors.sqlite.sql");
        sqlx::raw_sql(cursors).execute(&mut database).await?;
        Ok(database.close().await?)
    }

    fn write_files(&self) -> Result<()> {
        fs::write(self.path("imports/customers.csv"), customers()?)?;
        // "email,name,age" and three customers, 佐藤 among them, in Shift_JIS.
        let mut japanese = b"email,name,age\r\nsato@example.jp,".to_vec();
        japanese.extend(b"\x8d\xb2\x93\xa1,41\r\nsuzuki@example.jp,\x97\xe9\x96\xd8,\r\nito@example.jp,\x88\xc9\x93\xa1,29\r\n");
        fs::write(self.path("imports/kokyaku.csv"), japanese)?;
        photo().save(self.path("images/photo.png"))?;
        photo().save(self.path("images/blocked/photo.png"))?;
        self.block_an_image()
    }
}

/// A thousand customers; every 333rd has an age that nobody reaches.
fn customers() -> Result<String> {
    let mut text = "email,name,age\n".to_owned();
    for number in 1..=ROWS {
        let age = if number % 333 == 0 {
            1000
        } else {
            18 + number % 70
        };
        writeln!(
            text,
            "customer{number}@example.com,\"Customer, the {number}th\",{age}"
        )?;
    }
    Ok(text)
}

/// A picture with something in it.
fn photo() -> RgbImage {
    RgbImage::from_fn(800, 600, |x, y| {
        let shade = |value: u32| u8::try_from(value % 256).unwrap_or_default();
        Rgb([shade(x / 3), shade(y / 2), shade((x + y) / 5)])
    })
}
