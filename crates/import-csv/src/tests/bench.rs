//! What a test needs: a directory, a database in it, and an importer on both.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use url::Url;

use crate::chunk::Limits;
use crate::sql::{Database, Dialect, Statement, Value};
use crate::{Attempt, Encoding, ImportCsv, ImportError, Imported, Importer, Settings, import};

const CUSTOMERS: &str = r#"{"customers": {"columns": {
    "email": {"type": "string", "required": true, "max": 40},
    "name": {"type": "string", "header": "氏名"},
    "age": {"type": "integer", "min": 0, "max": 150}
}}}"#;

pub(super) struct Bench {
    pub(super) directory: Arc<TempDir>,
    pub(super) url: String,
    pub(super) importer: Importer,
    pub(super) database: Database,
}

pub(super) const NEVER: fn() -> bool = || false;

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with_tables(CUSTOMERS).await
    }

    pub(super) async fn with_tables(tables: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.sqlite");
        std::fs::write(&path, "").unwrap();
        let url = format!("sqlite://{}", path.display());
        let bench = Self::on(directory, &url, tables);
        bench
            .run(include_str!(
                "../../database/sql/hikyaku_cursors.sqlite.sql"
            ))
            .await;
        bench.run("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, age INTEGER)").await;
        bench
    }

    pub(super) fn on(directory: TempDir, database: &str, tables: &str) -> Self {
        std::fs::create_dir(directory.path().join("in")).unwrap();
        Self::open(Arc::new(directory), database, tables, &[])
    }

    /// A directory of its own, and the same database as this user, with the same password.
    #[cfg(feature = "test-servers")]
    pub(super) fn of_user(&self, user: &str, tables: &str) -> Self {
        let mut url = Url::parse(&self.url).unwrap();
        url.set_username(user).unwrap();
        Self::on(tempfile::tempdir().unwrap(), url.as_str(), tables)
    }

    /// With more variables set.
    pub(super) fn told(self, tables: &str, more: &[(&str, &str)]) -> Self {
        Self::open(self.directory, &self.url, tables, more)
    }

    /// The same directory and database with other connections, as another process has them.
    pub(super) fn again(&self) -> Self {
        Self::open(Arc::clone(&self.directory), &self.url, CUSTOMERS, &[])
    }

    fn open(directory: Arc<TempDir>, database: &str, tables: &str, more: &[(&str, &str)]) -> Self {
        let folder = Url::from_directory_path(directory.path()).unwrap();
        let variable = |name: &str| match name {
            "DATABASE_URL" => Some(database.to_owned()),
            "IMPORT_SOURCES" => Some(format!("{folder}in/")),
            "IMPORT_TABLES" => Some(tables.to_owned()),
            "IMPORT_REJECTS_URL" => Some(format!("{folder}rejects")),
            _ => {
                let told = more.iter().find(|(more, _)| *more == name);
                told.map(|(_, value)| (*value).to_owned())
            }
        };
        let settings = Settings::from_variables(variable).unwrap();
        let mut importer = Importer::new(settings).unwrap();
        importer.limits = Limits {
            rows: 3,
            bytes: 1024,
        };
        let url = database.to_owned();
        let database = importer.database.clone();
        Self {
            directory,
            url,
            importer,
            database,
        }
    }

    pub(super) async fn run(&self, script: &str) {
        for sql in script.split(';').filter(|sql| !sql.trim().is_empty()) {
            self.statement(sql).await;
        }
    }

    pub(super) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> ImportCsv {
        let path: PathBuf = self.directory.path().join("in").join(name);
        std::fs::write(&path, contents).unwrap();
        let url = Url::from_file_path(path).unwrap();
        ImportCsv {
            url,
            table: "customers".to_owned(),
            encoding: Encoding::Auto,
        }
    }

    pub(super) async fn import(&self, job: &ImportCsv) -> Result<Imported, ImportError> {
        self.attempt(job, 1, NEVER).await
    }

    pub(super) async fn attempt(
        &self,
        job: &ImportCsv,
        token: u64,
        stop: impl Fn() -> bool,
    ) -> Result<Imported, ImportError> {
        let attempt = Attempt {
            id: "job-1",
            token,
            progress: None,
        };
        Box::pin(import(&self.importer, job, attempt, stop)).await
    }

    /// Another job.
    #[cfg(feature = "test-servers")]
    pub(super) async fn import_as(
        &self,
        id: &str,
        job: &ImportCsv,
    ) -> Result<Imported, ImportError> {
        let attempt = Attempt {
            id,
            token: 1,
            progress: None,
        };
        Box::pin(import(&self.importer, job, attempt, NEVER)).await
    }

    /// The one value that a query finds, as text.
    pub(super) async fn ask(&self, sql: &str) -> String {
        let statement = Statement {
            sql: sql.to_owned(),
            values: vec![],
        };
        match self
            .database
            .row(statement)
            .await
            .unwrap()
            .unwrap()
            .remove(0)
        {
            Value::Text(text) => text.unwrap_or_default(),
            Value::Integer(number) => number.unwrap().to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// Runs one statement, whatever semicolons it has.
    pub(super) async fn statement(&self, sql: &str) {
        let statement = Statement {
            sql: sql.to_owned(),
            values: vec![],
        };
        self.database.execute(statement).await.unwrap();
    }

    /// All of a text column, in the order of insertion.
    pub(super) async fn column(&self, column: &str) -> Vec<String> {
        let sql = match self.database.dialect() {
            Dialect::MySql => {
                format!("SELECT group_concat({column} ORDER BY id SEPARATOR '|') FROM customers")
            }
            Dialect::Postgres => {
                format!("SELECT string_agg({column}, '|' ORDER BY id) FROM customers")
            }
            Dialect::Sqlite => format!(
                "SELECT group_concat({column}, '|') FROM (SELECT * FROM customers ORDER BY id)"
            ),
        };
        match self
            .database
            .row(Statement {
                sql,
                values: vec![],
            })
            .await
            .unwrap()
            .unwrap()
            .remove(0)
        {
            Value::Text(Some(text)) => text.split('|').map(str::to_owned).collect(),
            _ => vec![],
        }
    }

    pub(super) async fn count(&self) -> i64 {
        self.number("SELECT count(*) FROM customers").await
    }

    pub(super) async fn number(&self, sql: &str) -> i64 {
        let statement = Statement {
            sql: sql.to_owned(),
            values: vec![],
        };
        match self.database.row(statement).await.unwrap().unwrap()[0] {
            Value::Integer(Some(number)) => number,
            ref other => panic!("{other:?}"),
        }
    }

    /// Row and reason of all that was rejected of a job.
    pub(super) fn reasons(&self, job: &str) -> Vec<(u64, String)> {
        let folder = self.directory.path().join("rejects").join(job);
        let files = std::fs::read_dir(folder).into_iter().flatten();
        let mut reasons = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for line in text.lines().skip(1) {
                let mut fields = line.splitn(3, ',');
                let row = fields.next().unwrap().parse().unwrap();
                reasons.push((row, fields.nth(1).unwrap().to_owned()));
            }
        }
        reasons.sort();
        reasons
    }

    /// Imports a file, and what became of it in short: rows, rejected, empty; or the error, which has to be final.
    pub(super) async fn outcome(&self, contents: impl AsRef<[u8]>) -> Result<[u64; 3], String> {
        match self.import(&self.file("a.csv", contents)).await {
            Ok(imported) => Ok([imported.rows, imported.rejected, imported.empty]),
            Err(error) => {
                assert!(error.is_permanent(), "{error}");
                Err(error.to_string())
            }
        }
    }

    /// The n-th object of the job's rejected rows.
    pub(super) fn rejects(&self, part: u64) -> Option<String> {
        let path = self
            .directory
            .path()
            .join(format!("rejects/job-1/rejected-{part}.csv"));
        std::fs::read_to_string(path).ok()
    }
}

/// A file of `count` customers.
pub(super) fn customers(count: usize) -> String {
    let mut text = "email,age\n".to_owned();
    for (index, email) in emails(count).iter().enumerate() {
        text.extend([email, ",", (index % 90).to_string().as_str(), "\n"]);
    }
    text
}

pub(super) fn emails(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| format!("c{index}@example.com"))
        .collect()
}
