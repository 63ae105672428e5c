//! Why an import did not finish.

use hikyaku::objects::ObjectsError;
use url::Url;

use crate::Progress;
use crate::chunk::Rejected;
use crate::sql::{ErrorKind, SqlError};

/// Why an import did not finish. No text holds what the object or the payload says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The object cannot be used or read.
    #[error("could not read the object to import")]
    Object(#[source] ObjectsError),
    /// All rows are read, but the rejected ones could not be written to where people look for them.
    #[error("could not write the import's rejected rows; they are kept in `hikyaku_rejects`")]
    Rejects(#[source] ObjectsError),
    /// The database refused or could not be reached.
    #[error("could not {action}")]
    Database {
        /// What was being done.
        action: &'static str,
        /// Why.
        #[source]
        source: SqlError,
    },
    /// The message names a table that is not configured.
    #[error("the job names a table that is not one of IMPORT_TABLES ({allowed})")]
    Table {
        /// The tables there are.
        allowed: String,
    },
    /// The first line is not a header of this table.
    #[error("the object's first line is no header of table `{table}`: {reason}")]
    Header {
        /// The table.
        table: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The table is not what is declared, or the file lacks what it needs. Nothing was imported.
    #[error("nothing of the object can be imported into table `{table}`: {reason}")]
    Unfit {
        /// The table.
        table: String,
        /// What does not fit.
        reason: String,
    },
    /// A record is larger than any real one.
    #[error("the record that starts in line {line} is over {limit}: is a quote not closed there?")]
    Record {
        /// Where it starts, from 1.
        line: u64,
        /// What it goes beyond.
        limit: &'static str,
    },
    /// The object is something else than a CSV file that can be read here.
    #[error("the object is {what}: {instead}")]
    NotCsv {
        /// What it is.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// Its bytes speak for neither of the two encodings.
    #[error(
        "the object is neither UTF-8 nor CP932 beyond doubt{}; the first byte that is in doubt is in line {line}, at offset {offset}: \
         save it as UTF-8; or if you know that it is one of the two, set `encoding` of the job to `utf-8` or `cp932`",
        looks.map(|looks| format!(", and looks most like {looks}")).unwrap_or_default()
    )]
    Charset {
        /// The first byte that is not UTF-8, or is so by chance only, counted from 0.
        offset: u64,
        /// Its line, from 1.
        line: u64,
        /// The encoding that its bytes look most like, by its name in the WHATWG's encoding standard.
        looks: Option<&'static str>,
    },
    /// Not one row was imported.
    #[error(
        "every row of the object was rejected ({rejected}){first}{listed}; mend the object or IMPORT_TABLES, and retry the job"
    )]
    AllRejected {
        /// How many rows there are.
        rejected: u64,
        /// Why the first of them was, if this attempt saw it.
        first: String,
        /// Where all of them are, if `IMPORT_REJECTS_URL` is set.
        listed: String,
    },
    /// The job's id is too long for the cursor's key.
    #[error(
        "the job's id cannot be a cursor's key: it has to be 1 to 191 printable ASCII characters"
    )]
    JobId,
    /// The same job id was used for something else before.
    #[error(
        "a job of this id has already begun to import another {what}: dispatch it under an id of its own"
    )]
    Duplicate {
        /// What differs.
        what: &'static str,
    },
    /// The object was replaced between two attempts.
    #[error(
        "the object was replaced after {rows} of its rows were read: dispatch a new job for the new object"
    )]
    Changed {
        /// How far the earlier attempts came.
        rows: u64,
    },
    /// Another attempt of this job has taken over.
    #[error(
        "a newer attempt of this job has taken over at chunk {chunk}: this one changed nothing more"
    )]
    Stale {
        /// The chunk that was not written.
        chunk: u64,
    },
    /// Its time is over; all rows before are in.
    #[error("the attempt's time is over: continues at row {}", .0.done + 1)]
    Stopped(Progress),
}

impl ImportError {
    /// Whether trying again cannot help.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Object(error) => error.is_permanent(),
            Self::Database { source, .. } => source.kind() == ErrorKind::Unfit,
            Self::Table { .. }
            | Self::Header { .. }
            | Self::Unfit { .. }
            | Self::Record { .. }
            | Self::NotCsv { .. }
            | Self::Charset { .. }
            | Self::AllRejected { .. }
            | Self::JobId
            | Self::Duplicate { .. }
            | Self::Changed { .. } => true,
            Self::Rejects(_) | Self::Stale { .. } | Self::Stopped(_) => false,
        }
    }

    pub(crate) fn all_rejected(
        rejected: u64,
        first: Option<Rejected>,
        rejects: Option<Url>,
    ) -> Self {
        let first = first.map(|Rejected { original, reason }| {
            format!(", the first, in line {}: {reason}", original.line)
        });
        let listed = rejects.map(|url| format!("; all are listed under {url}"));
        Self::AllRejected {
            rejected,
            first: first.unwrap_or_default(),
            listed: listed.unwrap_or_default(),
        }
    }

    pub(crate) fn database(action: &'static str) -> impl FnOnce(SqlError) -> Self {
        move |source| Self::Database { action, source }
    }
}
