//! How far an import came: one row beside the application's own, written in the same transaction.
//!
//! A chunk commits only if the row still says what this attempt read from it: the chunk before, and this attempt's
//! token. So a chunk is written once, and an older attempt that was frozen and wakes up writes nothing.

use crate::error::ImportError;
use crate::rows::Position;
use crate::sql::{Database, SqlError, Statement, Transaction, Value};

const FIND: &str = "SELECT url, table_name, object_version, token, chunk, byte_offset, line_number, rows_read, \
                    imported, rejected, CASE WHEN finished THEN 'yes' ELSE 'no' END FROM hikyaku_cursors WHERE job_id = ?";
const BEGIN: &str = "INSERT INTO hikyaku_cursors (job_id, url, table_name, object_version, token, chunk, byte_offset, \
                     line_number, rows_read, imported, rejected, finished, updated_at) \
                     VALUES (?, ?, ?, ?, ?, 0, 0, 1, 0, 0, 0, FALSE, CURRENT_TIMESTAMP)";
const TAKE_OVER: &str = "UPDATE hikyaku_cursors SET token = ?, updated_at = CURRENT_TIMESTAMP, \
                         object_version = CASE WHEN chunk = 0 THEN ? ELSE object_version END \
                         WHERE job_id = ? AND token <= ?";
const ADVANCE: &str = "UPDATE hikyaku_cursors SET chunk = ?, byte_offset = ?, line_number = ?, rows_read = ?, \
                       imported = ?, rejected = ?, finished = ?, updated_at = CURRENT_TIMESTAMP \
                       WHERE job_id = ? AND token = ? AND chunk = ? AND finished = FALSE";
const BEGIN_ANEW: &str = "UPDATE hikyaku_cursors SET chunk = 0, byte_offset = 0, line_number = 1, rows_read = 0, rejected = 0, \
                          finished = FALSE, updated_at = CURRENT_TIMESTAMP \
                          WHERE job_id = ? AND token = ? AND imported = 0";
const RECOUNT: &str =
    "UPDATE hikyaku_cursors SET imported = ?, rejected = ? WHERE job_id = ? AND chunk = ?";

/// Whose cursor it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) job: &'a str,
    pub(crate) token: u64,
    pub(crate) url: &'a str,
    pub(crate) table: &'a str,
}

/// How far the job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) version: String,
    pub(crate) token: u64,
    pub(crate) chunk: u64,
    pub(crate) position: Position,
    pub(crate) imported: u64,
    pub(crate) rejected: u64,
    pub(crate) finished: bool,
}

impl Cursor {
    /// What earlier attempts left, if they were of the same job and none was newer.
    pub(crate) async fn find(
        database: &Database,
        owner: Owner<'_>,
    ) -> Result<Option<Self>, ImportError> {
        let statement = database
            .dialect()
            .statement(FIND, vec![Value::text(owner.job)]);
        let row = database
            .row(statement)
            .await
            .map_err(SqlError::of_the_cursor);
        let Some(row) = row.map_err(ImportError::database("read the job's cursor"))? else {
            return Ok(None);
        };
        let text = |index: usize| match row.get(index) {
            Some(Value::Text(Some(text))) => text.as_str(),
            _ => "",
        };
        if text(0) != owner.url {
            return Err(ImportError::Duplicate { what: "object" });
        }
        if text(1) != owner.table {
            return Err(ImportError::Duplicate { what: "table" });
        }
        let number = |index: usize| match row.get(index) {
            Some(Value::Integer(Some(number))) => u64::try_from(*number).unwrap_or_default(),
            _ => 0,
        };
        let position = Position {
            offset: number(5),
            line: number(6),
            rows: number(7),
        };
        Ok(Some(Self {
            version: text(2).to_owned(),
            token: number(3),
            chunk: number(4),
            position,
            imported: number(8),
            rejected: number(9),
            finished: text(10) == "yes",
        }))
    }

    /// Makes the cursor of a job that has none. None if another attempt was quicker.
    pub(crate) async fn begin(
        database: &Database,
        owner: Owner<'_>,
        version: &str,
    ) -> Result<Option<Self>, ImportError> {
        let texts = [owner.job, owner.url, owner.table, version].map(Value::text);
        let values = texts
            .into_iter()
            .chain([Value::number(owner.token)])
            .collect();
        match database
            .execute(database.dialect().statement(BEGIN, values))
            .await
        {
            Ok(_) => Ok(Some(Self::new(version, owner.token))),
            Err(error) if error.is_duplicate() => Ok(None),
            Err(error) => Err(ImportError::database("begin the job's cursor")(
                error.of_the_cursor(),
            )),
        }
    }

    /// The cursor before the first chunk.
    fn new(version: &str, token: u64) -> Self {
        let position = Position {
            offset: 0,
            line: 1,
            rows: 0,
        };
        Self {
            version: version.to_owned(),
            token,
            chunk: 0,
            position,
            imported: 0,
            rejected: 0,
            finished: false,
        }
    }

    /// Makes every older attempt a stale one, and reads what the last of them left. Of the object's versions the first one
    /// that a chunk was read of is the job's.
    pub(crate) async fn take_over(
        self,
        database: &Database,
        owner: Owner<'_>,
        version: &str,
    ) -> Result<Self, ImportError> {
        let values = vec![
            Value::number(owner.token),
            Value::text(version),
            Value::text(owner.job),
            Value::number(owner.token),
        ];
        let found = database
            .execute(database.dialect().statement(TAKE_OVER, values))
            .await;
        let stale = ImportError::Stale {
            chunk: self.chunk + 1,
        };
        if found.map_err(ImportError::database("take over the job's cursor"))? != 1 {
            return Err(stale);
        }
        let cursor = Self::find(database, owner).await?;
        cursor
            .filter(|cursor| cursor.token == owner.token)
            .ok_or(stale)
    }

    /// Writes `next` if the row still says what `self` does. It is the transaction's first statement: it takes the
    /// row's lock, so that of two attempts one waits and then finds itself stale.
    pub(crate) async fn advance(
        &self,
        next: &Self,
        transaction: &mut Transaction,
        database: &Database,
        job: &str,
    ) -> Result<(), ImportError> {
        let statement = database
            .dialect()
            .statement(ADVANCE, self.advance_values(next, job));
        let found = transaction.execute(statement).await;
        if found.map_err(ImportError::database("advance the job's cursor"))? != 1 {
            return Err(ImportError::Stale { chunk: next.chunk });
        }
        Ok(())
    }

    fn advance_values(&self, next: &Self, job: &str) -> Vec<Value> {
        let Position { offset, line, rows } = next.position;
        let numbers =
            [next.chunk, offset, line, rows, next.imported, next.rejected].map(Value::number);
        let condition = [
            Value::text(job),
            Value::number(self.token),
            Value::number(self.chunk),
        ];
        numbers
            .into_iter()
            .chain([Value::Boolean(Some(next.finished))])
            .chain(condition)
            .collect()
    }

    /// Puts the cursor of an import that imported nothing to where it began: a retry may have a better object.
    pub(crate) async fn begin_anew(
        &self,
        database: &Database,
        owner: Owner<'_>,
    ) -> Result<(), ImportError> {
        let values = vec![Value::text(owner.job), Value::number(self.token)];
        let statement = database.dialect().statement(BEGIN_ANEW, values);
        let done = database.execute(statement).await;
        done.map(drop)
            .map_err(ImportError::database("put the job's cursor back"))
    }

    /// Corrects the counts, when the database itself refused some of the chunk's rows.
    pub(crate) fn recount(&self, database: &Database, job: &str) -> Statement {
        let [imported, rejected, chunk] =
            [self.imported, self.rejected, self.chunk].map(Value::number);
        database
            .dialect()
            .statement(RECOUNT, vec![imported, rejected, Value::text(job), chunk])
    }
}
