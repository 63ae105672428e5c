//! The import itself: open → read → check → write, chunk after chunk.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use hikyaku::core::{Clock as _, Pauses};
use hikyaku::objects::Objects;
use hikyaku::{SystemClock, SystemRandom};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ImportCsv;
use crate::chunk::{Chunk, Limits, Rejected, Row};
use crate::config::{ConfigError, Settings};
use crate::cursor::{Cursor, Owner};
use crate::encoding::Charset;
use crate::error::ImportError;
use crate::rejects::Rejects;
use crate::rows::Position;
use crate::source::Source;
use crate::sql::{Database, ErrorKind, LoginError, Refused, Target, Transaction, Value};
use crate::table::Tables;
use crate::validate::Layout;

/// What every import of this function shares.
#[derive(Debug)]
pub struct Importer {
    pub(crate) database: Database,
    sources: Objects,
    tables: Tables,
    rejects: Option<Rejects>,
    slice_rows: Option<NonZeroU64>,
    zone: TimeZone,
    pub(crate) limits: Limits,
}

/// How often a chunk is tried that collides with other transactions, such as another import of the same keys.
const COLLISIONS: u32 = 20;

/// The longest wait before the next try; the first is a hundredth of it at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

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
            zone: settings.zone,
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
    let (layout, target) = importer.fitted(layout).await?;
    let cursor = importer.claim(found, owner, source.info.version()).await?;
    if cursor.finished {
        return importer.finish(&cursor, owner, None).await;
    }
    if cursor.chunk > 0 {
        source
            .resume(&importer.sources, &job.url, cursor.position)
            .await?;
    }
    let run = importer.run(cursor, owner, &mut source, (&layout, &target), stop);
    let result = Box::pin(run).await;
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

    /// The file's columns as the table has them.
    async fn fitted<'a>(&self, layout: Layout<'a>) -> Result<(Layout<'a>, Target), ImportError> {
        let found = self.database.find(layout.table).await;
        let found = found.map_err(ImportError::database("look at the table"))?;
        let found = found.ok_or_else(|| ImportError::Unfit {
            table: layout.table.to_owned(),
            reason: "there is no such table, or this user may not insert into it".to_owned(),
        })?;
        let layout = layout.fitted(&found)?;
        let target = Target::new(self.database.dialect(), &layout, &found);
        let rehearsed = self.database.rehearse(&target).await;
        rehearsed.map_err(ImportError::database("look at the table"))?;
        Ok((layout, target))
    }

    async fn run(
        &self,
        mut cursor: Cursor,
        owner: Owner<'_>,
        source: &mut Source,
        (layout, target): (&Layout<'_>, &Target),
        stop: impl Fn() -> bool,
    ) -> Result<Imported, ImportError> {
        let (began, limits, mut first) = (cursor.position.rows, self.limits, None);
        let mut chunk = Chunk::read(&mut source.rows, layout, source.charset, limits).await?;
        loop {
            let last = chunk.last;
            let prepared = self.prepared(chunk, layout);
            let write = self.write(&cursor, &prepared, owner, &source.header, target);
            // While the database writes one chunk, the next is read.
            let read = async {
                if last {
                    return None;
                }
                Some(Chunk::read(&mut source.rows, layout, source.charset, limits).await)
            };
            let (written, next) = futures_util::future::join(write, read).await;
            let rejected;
            (cursor, rejected) = written?;
            first = first.or(rejected.into_iter().next());
            let Some(next) = next else {
                return self.finish(&cursor, owner, first).await;
            };
            if stop() || self.is_sliced(cursor.position.rows - began) {
                return Err(ImportError::Stopped(Progress {
                    done: cursor.position.rows,
                    charset: Some(source.charset),
                    version: source.info.version().to_owned(),
                }));
            }
            chunk = next?;
        }
    }

    /// The chunk's rows with the time of now, where the table wants it.
    fn prepared(&self, mut chunk: Chunk, layout: &Layout<'_>) -> Prepared {
        if !layout.stamped.is_empty() {
            let now = SystemClock.now().as_millis();
            let now = jiff::Timestamp::from_millisecond(i64::try_from(now).unwrap_or_default());
            let now = now.unwrap_or_default().to_zoned(self.zone.clone());
            let now = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
            for row in &mut chunk.rows {
                let stamps = layout.stamped.iter().map(|_| Value::text(now.clone()));
                row.values.extend(stamps);
            }
        }
        Prepared {
            rows: Arc::new(chunk.rows),
            rejected: chunk.rejected,
            end: chunk.end,
            last: chunk.last,
        }
    }

    /// Whether an invocation that read so many rows leaves the rest to later ones.
    fn is_sliced(&self, rows: u64) -> bool {
        self.slice_rows.is_some_and(|most| rows >= most.get())
    }

    /// Writes a chunk, again if it collides with other transactions: no try is spent on that. Answers the rejected rows, too.
    async fn write(
        &self,
        cursor: &Cursor,
        chunk: &Prepared,
        owner: Owner<'_>,
        header: &[String],
        target: &Target,
    ) -> Result<Written, ImportError> {
        // Two that collided do not collide again in step.
        let mut pauses = Pauses::new(&SystemRandom, LONGEST_PAUSE / 100, LONGEST_PAUSE);
        let (mut collisions, mut each) = (0, false);
        loop {
            let written = self
                .write_once(cursor, chunk, owner, header, (target, each))
                .await;
            let Err(ImportError::Database { source, .. }) = &written else {
                return written;
            };
            match source.kind() {
                ErrorKind::Collision if collisions < COLLISIONS => {
                    collisions += 1;
                    tokio::time::sleep(pauses.next()).await;
                }
                // Only the commit is refused for a row: the database looks at some keys no earlier.
                ErrorKind::Row if !each => each = true,
                _ => return written,
            }
        }
    }

    /// One transaction: the cursor, the rows and the rejected rows.
    async fn write_once(
        &self,
        cursor: &Cursor,
        chunk: &Prepared,
        owner: Owner<'_>,
        header: &[String],
        (target, each): (&Target, bool),
    ) -> Result<Written, ImportError> {
        let mut transaction = self
            .database
            .begin()
            .await
            .map_err(ImportError::database("begin a chunk"))?;
        let filled = self
            .fill(
                &mut transaction,
                cursor,
                chunk,
                owner,
                header,
                (target, each),
            )
            .await;
        let (next, rejected) = match filled {
            Ok(written) => written,
            Err(error) => {
                transaction.abandon().await;
                return Err(error);
            }
        };
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

    async fn fill(
        &self,
        transaction: &mut Transaction,
        cursor: &Cursor,
        chunk: &Prepared,
        owner: Owner<'_>,
        header: &[String],
        (target, each): (&Target, bool),
    ) -> Result<Written, ImportError> {
        let mut next = Cursor {
            chunk: cursor.chunk + 1,
            position: chunk.end,
            imported: cursor.imported + chunk.rows.len() as u64,
            rejected: cursor.rejected + chunk.rejected.len() as u64,
            finished: chunk.last,
            ..cursor.clone()
        };
        cursor
            .advance(&next, transaction, &self.database, owner.job)
            .await?;
        let refused = transaction.insert(target, &chunk.rows, each).await;
        let refused = refused.map_err(ImportError::database("insert a chunk's rows"))?;
        let mut rejected = chunk.rejected.clone();
        if !refused.is_empty() {
            next.imported -= refused.len() as u64;
            next.rejected += refused.len() as u64;
            let recounted = transaction
                .execute(next.recount(&self.database, owner.job))
                .await;
            recounted.map_err(ImportError::database("correct the job's cursor"))?;
            rejected.extend(
                refused
                    .into_iter()
                    .map(|Refused { index, reason }| Rejected {
                        original: chunk.rows[index].original.clone(),
                        reason,
                    }),
            );
            rejected.sort_by_key(|rejected| rejected.original.row);
        }
        if self.rejects.is_some() && !rejected.is_empty() {
            let chunk = (owner.job, next.chunk);
            Rejects::keep(&self.database, transaction, chunk, header, &rejected).await?;
        }
        Ok((next, rejected))
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

/// The cursor behind a chunk, and the chunk's rejected rows.
type Written = (Cursor, Vec<Rejected>);

/// A chunk with everything in it that its transaction writes.
struct Prepared {
    rows: Arc<Vec<Row>>,
    rejected: Vec<Rejected>,
    end: Position,
    last: bool,
}
