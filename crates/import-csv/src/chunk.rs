//! Some thousand rows at a time: what one transaction writes.

use crate::encoding::Charset;
use crate::error::ImportError;
use crate::record::Record;
use crate::rows::{Position, Rows};
use crate::sql::Value;
use crate::validate::Layout;

/// So many bytes are read and checked in a fifth of a millisecond.
const TURN: usize = 8 * 1024;

/// How large a chunk gets. The record that goes beyond `bytes` is its last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 5_000,
            bytes: 1024 * 1024,
        }
    }
}

/// Rows that are written together.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) rows: Vec<Row>,
    pub(crate) rejected: Vec<Rejected>,
    /// Where the next chunk starts.
    pub(crate) end: Position,
    /// Nothing comes after it.
    pub(crate) last: bool,
    #[cfg(test)]
    pub(crate) bytes: usize,
}

/// A row that passed.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) values: Vec<Value>,
    /// As it stands in the object, should the database refuse it.
    pub(crate) original: Original,
}

impl Row {
    /// About how many bytes its values take on the way to a database.
    pub(crate) fn size(&self) -> usize {
        self.values.iter().map(Value::size).sum()
    }
}

/// A row that did not, and why.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(crate) original: Original,
    pub(crate) reason: String,
}

/// What the object says, as it says it: it is read only if the row is rejected.
#[derive(Debug, Clone)]
pub(crate) struct Original {
    pub(crate) row: u64,
    pub(crate) line: u64,
    charset: Charset,
    text: Box<[u8]>,
    ends: Box<[u32]>,
}

impl Original {
    fn of(record: &Record<'_>, row: u64, charset: Charset) -> Self {
        let mut text = Vec::with_capacity(record.size());
        let ends = record.fields().map(|field| {
            text.extend_from_slice(field);
            // A record has 256 KiB at most.
            u32::try_from(text.len()).unwrap_or(u32::MAX)
        });
        Self {
            row,
            line: record.line,
            charset,
            ends: ends.collect(),
            text: text.into(),
        }
    }

    /// Its fields, with a mark in place of what means no character.
    pub(crate) fn fields(&self) -> Vec<String> {
        let mut start = 0;
        let fields = self.ends.iter().map(|end| {
            let field = &self.text[start..*end as usize];
            start = *end as usize;
            self.charset.decode_for_people(field)
        });
        fields.collect()
    }

    #[cfg(test)]
    pub(crate) fn of_nothing() -> Self {
        Self {
            row: 1,
            line: 2,
            charset: Charset::Utf8,
            text: Box::default(),
            ends: Box::default(),
        }
    }
}

impl Chunk {
    /// Reads the next rows and checks them.
    pub(crate) async fn read(
        rows: &mut Rows,
        layout: &Layout<'_>,
        charset: Charset,
        limits: Limits,
    ) -> Result<Self, ImportError> {
        let (mut accepted, mut rejected, mut bytes, mut last) = (Vec::new(), Vec::new(), 0, false);
        let mut turn = TURN;
        for _ in 0..limits.rows {
            if bytes >= limits.bytes {
                break;
            }
            let row = rows.position().rows + 1;
            // Another chunk is being written meanwhile: whoever waits for the database's answers gets a turn.
            if bytes >= turn {
                turn = bytes + TURN;
                tokio::task::yield_now().await;
            }
            let Some(record) = rows.next().await? else {
                last = true;
                break;
            };
            if record.is_empty() {
                continue;
            }
            bytes += record.size();
            let original = Original::of(&record, row, charset);
            match layout.check(&record, charset) {
                Ok(values) => accepted.push(Row { values, original }),
                Err(reason) => rejected.push(Rejected { original, reason }),
            }
        }
        let end = rows.position();
        Ok(Self {
            rows: accepted,
            rejected,
            end,
            last,
            #[cfg(test)]
            bytes,
        })
    }
}
