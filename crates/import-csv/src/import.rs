//! The import itself: open → read → check → write, chunk after chunk.

use std::num::NonZeroU64;

use hikyaku::objects::Objects;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ImportCsv;
use crate::chunk::{Chunk, Limits, Rejected, Row};
use crate::config::{ConfigError, Settings};
use crate::cursor::{Cursor, Owner};
use crate::encoding::Charset;
use crate::error::ImportError;
use crate::rejects::Rejects;
use crate::source::Source;
use crate::sql::{Database, LoginError, SqlError, Transaction};
use crate::table::Tables;
use crate::validate::Layout;

/// What every import of this function shares.
#[derive(Debug)]
pub struct Importer {
    database: Database,
    sources: Objects,
    tables: Tables,
    rejects: Option<Rejects>,
    slice_rows: Option<NonZeroU64>,
    pub(crate) limits: Limits,
}

/// Which attempt this is of which job.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The same for every attempt.
    pub id: &'a str,
    /// Greater than that of every earlier attempt.
    pub token: u64,
    /// What the attempt before left, if it stopped in time.
    pub progress: Option<&'a Progress>,
}

/// How far an import has come, for whoever looks at the job, and what the next attempt need not find out again. The
/// cursor in the database is what counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Rows of the file that were read.
    pub done: u64,
    /// In which encoding.
    pub(crate) charset: Option<Charset>,
    /// Of which version of the object.
    pub(crate) version: String,
}

/// What came of it, over all attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Rows that are in the table.
    pub rows: u64,
    /// Rows that are not, and should be.
    pub rejected: u64,
    /// Rows without anything in them, as spreadsheets leave them at the end.
    #[serde(skip_serializing_if = "is_zero")]
    pub empty: u64,
    /// Transactions it took.
    pub chunks: u64,
    /// Where the rejected rows are, if there are any and `IMPORT_REJECTS_URL` is set.
    pub rejects: Option<Url>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Importer {
    /// Gets what the settings only name: the database's password, if it is kept elsewhere. One request at most.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn log_in(&self) -> Result<(), LoginError> {
        self.database.log_in().await
    }

    /// Opens nothing yet. Has to be called within a tokio runtime.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(settings: Settings) -> Result<Self, ConfigError> {
        let config = settings.objects;
        let rejects = settings
            .rejects
            .map(|prefix| Rejects::new(&prefix, config.clone()))
            .transpose();
        Ok(Self {
            database: Database::new(&settings.database, &settings.aws)?,
            rejects: rejects.map_err(ConfigError::Rejects)?,
            sources: Objects::new(config).map_err(ConfigError::Sources)?,
            tables: settings.tables,
            slice_rows: settings.slice_rows,
            limits: Limits::default(),
        })
    }
}

#[cfg(test)]
impl Importer {
    /// Objects of rejected rows are closed at this size.
    pub(crate) fn largest_list(&mut self, bytes: usize) {
        if let Some(rejects) = &mut self.rejects {
            rejects.largest = bytes;
        }
    }
}

/// Imports `job`'s object from where its last attempt got to. `stop` is asked after every chunk.
///
/// # Errors
/// See [`ImportError`]; whatever it is, the chunks so far stay, and another attempt goes on after them.
pub async fn import(
    importer: &Importer,
    job: &ImportCsv,
    attempt: Attempt<'_>,
    stop: impl Fn() -> bool,
) -> Result<Imported, ImportError> {
    if !(1..=191).contains(&attempt.id.len())
        || !attempt.id.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(ImportError::JobId);
    }
    let (name, table) = importer
        .tables
        .get(&job.table)
        .ok_or_else(|| ImportError::Table {
            allowed: importer.tables.names(),
        })?;
    let owner = Owner {
        job: attempt.id,
        token: attempt.token,
        url: job.url.as_str(),
        table: name,
    };

    let found = Cursor::find(&importer.database, owner).await?;
    if let Some(done) = found.as_ref().filter(|cursor| cursor.finished) {
        return importer.finish(done, owner, None).await;
    }
    let known = attempt.progress;
    let (mut source, layout) = Source::open(
        &importer.sources,
        &job.url,
        job.encoding,
        |info| {
            known
                .filter(|known| known.version == info.version())?
                .charset
        },
        |header| Layout::of(name, table, header),
    )
    .await?;
    let cursor = importer.claim(found, owner, source.info.version()).await?;
    if cursor.finished {
        return importer.finish(&cursor, owner, None).await;
    }
    if cursor.chunk > 0 {
        source
            .resume(&importer.sources, &job.url, cursor.position)
            .await?;
    }
    let result = importer
        .run(cursor, owner, &mut source, &layout, stop)
        .await;
    if result.as_ref().is_err_and(ImportError::is_permanent) {
        importer.show_rejects(owner).await;
    }
    result
}

impl Importer {
    /// The job's cursor, this attempt's from here on, if the object is still the one it belongs to.
    async fn claim(
        &self,
        found: Option<Cursor>,
        owner: Owner<'_>,
        version: &str,
    ) -> Result<Cursor, ImportError> {
        let found = if let Some(found) = found {
            found
        } else if let Some(cursor) = Cursor::begin(&self.database, owner, version).await? {
            return Ok(cursor);
        } else {
            // The last words of a killed attempt can arrive after this one looked.
            let found = Cursor::find(&self.database, owner).await?;
            found.ok_or(ImportError::Stale { chunk: 1 })?
        };
        let cursor = found.take_over(&self.database, owner, version).await?;
        if cursor.version != version {
            return Err(ImportError::Changed {
                rows: cursor.position.rows,
            });
        }
        Ok(cursor)
    }

    async fn run(
        &self,
        mut cursor: Cursor,
        owner: Owner<'_>,
        source: &mut Source,
        layout: &Layout<'_>,
        stop: impl Fn() -> bool,
    ) -> Result<Imported, ImportError> {
        let (began, mut first) = (cursor.position.rows, None);
        loop {
            let chunk = Chunk::read(&mut source.rows, layout, source.charset, self.limits).await?;
            let rejected;
            (cursor, rejected) = self
                .write(&cursor, chunk, owner, &source.header, layout)
                .await?;
            first = first.or(rejected.into_iter().next());
            if cursor.finished {
                return self.finish(&cursor, owner, first).await;
            }
            if stop() || self.is_sliced(cursor.position.rows - began) {
                return Err(ImportError::Stopped(Progress {
                    done: cursor.position.rows,
                    charset: Some(source.charset),
                    version: source.info.version().to_owned(),
                }));
            }
        }
    }

    /// Whether an invocation that read so many rows leaves the rest to later ones.
    fn is_sliced(&self, rows: u64) -> bool {
        self.slice_rows.is_some_and(|most| rows >= most.get())
    }

    /// One transaction: the cursor, the rows, and the rejected rows, which it returns.
    async fn write(
        &self,
        cursor: &Cursor,
        chunk: Chunk,
        owner: Owner<'_>,
        header: &[String],
        layout: &Layout<'_>,
    ) -> Result<(Cursor, Vec<Rejected>), ImportError> {
        let (rows, mut rejected) = (chunk.rows, chunk.rejected);
        let mut next = Cursor {
            chunk: cursor.chunk + 1,
            position: chunk.end,
            imported: cursor.imported + rows.len() as u64,
            rejected: cursor.rejected + rejected.len() as u64,
            finished: chunk.last,
            ..cursor.clone()
        };
        let mut transaction = self
            .database
            .begin()
            .await
            .map_err(ImportError::database("begin a chunk"))?;
        cursor
            .advance(&next, &mut transaction, &self.database, owner.job)
            .await?;
        let refused = self.insert(&mut transaction, rows, layout).await;
        let refused = refused.map_err(ImportError::database("insert a chunk's rows"))?;
        if !refused.is_empty() {
            next.imported -= refused.len() as u64;
            next.rejected += refused.len() as u64;
            let recounted = transaction
                .execute(next.recount(&self.database, owner.job))
                .await;
            recounted.map_err(ImportError::database("correct the job's cursor"))?;
            rejected.extend(refused);
            rejected.sort_by_key(|rejected| rejected.original.row);
        }
        if self.rejects.is_some() && !rejected.is_empty() {
            let chunk = (owner.job, next.chunk);
            Rejects::keep(&self.database, &mut transaction, chunk, header, &rejected).await?;
        }
        transaction
            .commit()
            .await
            .map_err(ImportError::database("commit a chunk"))?;
        tracing::debug!(
            chunk = next.chunk,
            rows = next.imported,
            rejected = next.rejected,
            "committed a chunk"
        );
        Ok((next, rejected))
    }

    /// Inserts all `rows` but those that the database will never take, and returns these. A statement that fails is
    /// halved until the row at fault is alone.
    async fn insert(
        &self,
        transaction: &mut Transaction,
        rows: Vec<Row>,
        layout: &Layout<'_>,
    ) -> Result<Vec<Rejected>, SqlError> {
        let dialect = self.database.dialect();
        let (at_once, mut refused) = (dialect.rows_at_once(layout.columns.len()), Vec::new());
        let mut parts: Vec<&[Row]> = rows.chunks(at_once).rev().collect();
        while let Some(part) = parts.pop() {
            let values = part.iter().map(|row| row.values.as_slice());
            let statement = dialect.insert(layout.table, &layout.columns, values);
            transaction.raw("SAVEPOINT hikyaku_rows").await?;
            let Err(error) = transaction.execute(statement).await else {
                transaction.raw("RELEASE SAVEPOINT hikyaku_rows").await?;
                continue;
            };
            let Some(reason) = error.about_the_row() else {
                return Err(error);
            };
            transaction
                .raw("ROLLBACK TO SAVEPOINT hikyaku_rows")
                .await?;
            transaction.raw("RELEASE SAVEPOINT hikyaku_rows").await?;
            match part {
                [row] => refused.push(Rejected {
                    original: row.original.clone(),
                    reason: reason.to_owned(),
                }),
                part => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(refused)
    }

    /// What a finished import has to say, once its rejected rows are where people look for them.
    async fn finish(
        &self,
        cursor: &Cursor,
        owner: Owner<'_>,
        first: Option<Rejected>,
    ) -> Result<Imported, ImportError> {
        let rejects = self.rejects.as_ref().filter(|_| cursor.rejected > 0);
        if let Some(rejects) = rejects {
            rejects.store(&self.database, owner.job).await?;
        }
        let is_in_vain = cursor.imported == 0 && cursor.rejected > 0;
        if is_in_vain {
            // There is nothing that a second import would double: when the job is retried, it begins anew.
            cursor.begin_anew(&self.database, owner).await?;
        }
        if rejects.is_some() {
            Rejects::forget(&self.database, owner.job).await?;
        }
        let rejects = rejects.map(|rejects| rejects.of_job(owner.job));
        if is_in_vain {
            return Err(ImportError::all_rejected(cursor.rejected, first, rejects));
        }
        Ok(Imported {
            rows: cursor.imported,
            rejected: cursor.rejected,
            empty: (cursor.position.rows).saturating_sub(cursor.imported + cursor.rejected),
            chunks: cursor.chunk,
            rejects,
        })
    }

    /// The rejected rows of an import that ends here without being finished.
    async fn show_rejects(&self, owner: Owner<'_>) {
        let Some(rejects) = &self.rejects else { return };
        if let Err(error) = rejects.store(&self.database, owner.job).await {
            let error = hikyaku::core::explain(&error);
            tracing::warn!(
                error,
                "could not write the rows that were rejected before the import failed"
            );
        }
    }
}
