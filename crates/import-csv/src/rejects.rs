//! What was rejected and why: one object for one import.
//!
//! An object store cannot append, and no transaction may wait for it. So a chunk's rejected rows are kept in the
//! database, in the chunk's own transaction, and written to the store when the import is over: a row that counts as
//! rejected is never lost, whenever the process is killed, and a chunk needs no request of its own.

use std::fmt::Write;

use hikyaku::objects::{Headers, Objects, ObjectsConfig, ObjectsError};
use serde_json::Value as Json;
use spreadsheet_csv::{CONTENT_TYPE, MARK, line};
use url::Url;

use crate::chunk::Rejected;
use crate::error::ImportError;
use crate::sql::{Database, Transaction, Value};

const KEEP: &str =
    "INSERT INTO hikyaku_rejects (job_id, chunk, header, lines_of_csv) VALUES (?, ?, ?, ?)";
const NEXT: &str = "SELECT chunk, header, lines_of_csv FROM hikyaku_rejects WHERE job_id = ? AND chunk > ? \
                    ORDER BY chunk LIMIT 1";
const COUNT: &str = "SELECT COUNT(*) FROM hikyaku_rejects WHERE job_id = ?";
const FORGET: &str = "DELETE FROM hikyaku_rejects WHERE job_id = ?";

/// An object is closed at this size, which is some 80,000 rows of 100 bytes: all that is in memory at once.
const LARGEST: usize = 8 * 1024 * 1024;

/// Writes rejected rows under one prefix: `<prefix>/<job id>/rejected-1.csv`, and `rejected-2.csv` only behind 8 MiB. The
/// names and what is in them depend on the job alone, so a later attempt overwrites the same objects with the same text.
#[derive(Debug)]
pub struct Rejects {
    objects: Objects,
    prefix: Url,
    pub(crate) largest: usize,
}

impl Rejects {
    /// Writes under `prefix` and nowhere else, with `config`'s way to reach it.
    ///
    /// # Errors
    /// The prefix is not an `s3://` or `file://` URL that could be used.
    pub fn new(prefix: &Url, mut config: ObjectsConfig) -> Result<Self, ObjectsError> {
        let mut prefix = prefix.clone();
        if !prefix.path().ends_with('/') {
            prefix.set_path(&format!("{}/", prefix.path()));
        }
        config.allowed = vec![prefix.clone()];
        Ok(Self {
            objects: Objects::new(config)?,
            prefix,
            largest: LARGEST,
        })
    }

    /// What all rejects of a job are under.
    pub(crate) fn of_job(&self, job: &str) -> Url {
        let mut url = self.prefix.clone();
        url.set_path(&format!("{}{}/", self.prefix.path(), folder(job)));
        url
    }

    /// Keeps one chunk's rejected rows with the chunk: one write.
    pub(crate) async fn keep(
        database: &Database,
        transaction: &mut Transaction,
        (job, chunk): (&str, u64),
        header: &[String],
        rejected: &[Rejected],
    ) -> Result<(), ImportError> {
        let mut first = String::new();
        let names = header.iter().map(String::as_str);
        line(
            &mut first,
            ["row", "line", "reason"].into_iter().chain(names),
        );
        let values = vec![
            Value::text(job),
            Value::number(chunk),
            Value::text(in_ascii(&first)),
            Value::text(in_ascii(&lines(rejected))),
        ];
        let statement = database.dialect().statement(KEEP, values);
        transaction
            .execute(statement)
            .await
            .map(drop)
            .map_err(ImportError::database(
                "keep a chunk's rejected rows in `hikyaku_rejects`, which the migration of `hikyaku_cursors` makes",
            ))
    }

    /// Writes what was kept to the store: a query for each chunk that has any, and a request for each 8 MiB.
    pub(crate) async fn store(&self, database: &Database, job: &str) -> Result<(), ImportError> {
        let (mut text, mut part, mut last, mut chunks) = (String::new(), 1, 0, 0);
        while let Some(kept) = Kept::after(last, database, job).await? {
            if !text.is_empty() && text.len() + kept.lines.len() > self.largest {
                self.put(job, part, std::mem::take(&mut text)).await?;
                part += 1;
            }
            if text.is_empty() {
                text.push(MARK);
                text.push_str(&kept.header);
            }
            text.push_str(&kept.lines);
            (last, chunks) = (kept.chunk, chunks + 1);
        }
        // An attempt that was frozen meanwhile may have seen the end of what another has stored and forgotten: a part of
        // it would overwrite the whole.
        if chunks > 0 && Kept::count(database, job).await? == chunks {
            self.put(job, part, text).await?;
        }
        Ok(())
    }

    /// Takes away what was kept, once it is stored or the job begins anew.
    pub(crate) async fn forget(database: &Database, job: &str) -> Result<(), ImportError> {
        let statement = database.dialect().statement(FORGET, vec![Value::text(job)]);
        let forgotten = database.execute(statement).await;
        forgotten.map(drop).map_err(ImportError::database(
            "take an import's rejected rows out of `hikyaku_rejects`",
        ))
    }

    async fn put(&self, job: &str, part: u64, text: String) -> Result<(), ImportError> {
        let mut url = self.of_job(job);
        url.set_path(&format!("{}rejected-{part}.csv", url.path()));
        self.objects
            .put(&url, text.into(), Headers::of_type(CONTENT_TYPE))
            .await
            .map_err(ImportError::Rejects)
    }
}

/// One chunk's rejected rows, as they were kept.
struct Kept {
    chunk: u64,
    header: String,
    lines: String,
}

impl Kept {
    async fn after(
        chunk: u64,
        database: &Database,
        job: &str,
    ) -> Result<Option<Self>, ImportError> {
        let values = vec![Value::text(job), Value::number(chunk)];
        let row = Self::row(database, NEXT, values).await?;
        Ok(match row.as_deref() {
            Some(
                [
                    Value::Integer(Some(chunk)),
                    Value::Text(Some(header)),
                    Value::Text(Some(lines)),
                ],
            ) => Some(Self {
                chunk: u64::try_from(*chunk).unwrap_or_default(),
                header: out_of_ascii(header),
                lines: out_of_ascii(lines),
            }),
            _ => None,
        })
    }

    async fn count(database: &Database, job: &str) -> Result<u64, ImportError> {
        let row = Self::row(database, COUNT, vec![Value::text(job)]).await?;
        Ok(match row.as_deref() {
            Some([Value::Integer(Some(count))]) => u64::try_from(*count).unwrap_or_default(),
            _ => 0,
        })
    }

    async fn row(
        database: &Database,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Option<Vec<Value>>, ImportError> {
        let statement = database.dialect().statement(sql, values);
        let row = database.row(statement).await;
        row.map_err(ImportError::database(
            "read an import's rejected rows from `hikyaku_rejects`",
        ))
    }
}

/// A job id is whatever a producer sent; as a folder it is letters, digits and `-`, the rest written as `_` and hex.
fn folder(job: &str) -> String {
    job.bytes().fold(String::new(), |mut folder, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            folder.push(char::from(byte));
        } else {
            let _ = write!(folder, "_{byte:02x}");
        }
        folder
    })
}

fn lines(rejected: &[Rejected]) -> String {
    let mut text = String::new();
    for Rejected { original, reason } in rejected {
        let (row, place) = (original.row.to_string(), original.line.to_string());
        let first = [row.as_str(), place.as_str(), reason.as_str()];
        let fields = original.fields();
        let fields = fields.iter().map(String::as_str);
        line(&mut text, first.into_iter().chain(fields));
    }
    text
}

/// The text in ASCII, as JSON: a database whose encoding has not all characters, or no NUL, keeps it.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for letter in Json::from(text).to_string().chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

/// What was kept so. Nothing else is in the table.
fn out_of_ascii(ascii: &str) -> String {
    serde_json::from_str(ascii).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_row_says_is_kept_in_ascii() {
        for text in ["", "a,\"b\"\r\n", "東京 𠮷 😀", "a\0b\\u0041\u{7f}\u{2028}"] {
            let ascii = in_ascii(text);
            assert!(ascii.is_ascii() && !ascii.contains('\0'), "{ascii}");
            assert_eq!(out_of_ascii(&ascii), text);
        }
    }
}
