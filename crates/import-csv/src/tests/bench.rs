//! What a test needs: a directory, a database in it, and an importer on both.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use url::Url;

use crate::chunk::Limits;
use crate::sql::{Database, Dialect, Statement, Value};
use crate::{
    Attempt, DatabaseSettings, Encoding, ImportCsv, ImportError, Imported, Importer, Settings,
    import,
};

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
        Self::open(Arc::new(directory), database, tables)
    }

    /// The same directory and database with other connections, as another process has them.
    pub(super) fn again(&self) -> Self {
        Self::open(Arc::clone(&self.directory), &self.url, CUSTOMERS)
    }

    fn open(directory: Arc<TempDir>, database: &str, tables: &str) -> Self {
        let folder = Url::from_directory_path(directory.path()).unwrap();
        let variable = |name: &str| match name {
            "DATABASE_URL" => Some(database.to_owned()),
            "IMPORT_SOURCES" => Some(format!("{folder}in/")),
            "IMPORT_TABLES" => Some(tables.to_owned()),
            "IMPORT_REJECTS_URL" => Some(format!("{folder}rejects")),
            _ => None,
        };
        let mut importer = Importer::new(Settings::from_variables(variable).unwrap()).unwrap();
        importer.limits = Limits {
            rows: 3,
            bytes: 1024,
        };
        let url = database.to_owned();
        let aws = hikyaku::Config::from_lookup(|_| Ok(None)).unwrap();
        let database = Database::new(&DatabaseSettings::of(database), &aws).unwrap();
        Self {
            directory,
            url,
            importer,
            database,
        }
    }

    pub(super) async fn run(&self, script: &str) {
        for sql in script.split(';').filter(|sql| !sql.trim().is_empty()) {
            self.database
                .execute(Statement {
                    sql: sql.to_owned(),
                    values: vec![],
                })
                .await
                .unwrap();
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
        import(&self.importer, job, attempt, stop).await
    }

    /// All of a text column, in the order of insertion.
    pub(super) async fn column(&self, column: &str) -> Vec<String> {
        let all = match self.database.dialect() {
            Dialect::MySql => format!("group_concat({column} ORDER BY id SEPARATOR '|')"),
            Dialect::Postgres => format!("string_agg({column}, '|' ORDER BY id)"),
            Dialect::Sqlite => format!("group_concat({column}, '|')"),
        };
        let sql = format!("SELECT {all} FROM (SELECT * FROM customers ORDER BY id) AS ordered");
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
