//! Records from bytes, as they arrive.

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use hikyaku::objects::ObjectsError;

use crate::ImportError;
use crate::record::{Parser, Record, TooLong};

pub(crate) type Pieces = BoxStream<'static, Result<Bytes, ObjectsError>>;

/// How far the object has been read: everything before `offset` is in the records so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    /// The line that `offset` is in, from 1.
    pub(crate) line: u64,
    /// How many records, without the header, come before.
    pub(crate) rows: u64,
}

/// The records of an object.
pub(crate) struct Rows {
    pieces: Pieces,
    piece: Bytes,
    ended: bool,
    parser: Parser,
    offset: u64,
    count: u64,
}

impl Rows {
    /// Reads on at `position`, where `pieces` starts.
    pub(crate) fn new(pieces: Pieces, position: Position, delimiter: u8) -> Self {
        Self {
            pieces,
            piece: Bytes::new(),
            ended: false,
            parser: Parser::new(delimiter, position.line),
            offset: position.offset,
            count: position.rows,
        }
    }

    /// Behind the last record and its line end.
    pub(crate) fn position(&self) -> Position {
        Position {
            offset: self.offset,
            line: self.parser.line(),
            rows: self.count,
        }
    }

    /// The header is a record, but not a row.
    pub(crate) fn forget_header(&mut self) {
        self.count = 0;
    }

    #[cfg(test)]
    pub(crate) fn buffer(&self) -> usize {
        self.parser.buffer()
    }

    /// The next record, or none at the end. Blank lines are no records.
    pub(crate) async fn next(&mut self) -> Result<Option<Record<'_>>, ImportError> {
        while self.fill().await? {
            let skipped = self.parser.skip_line_ends(&self.piece);
            self.step(skipped);
            if !self.piece.is_empty() {
                break;
            }
        }
        if self.ended {
            return Ok(None);
        }
        self.parser.begin();
        let line = self.parser.line();
        let too_long = |TooLong(limit)| ImportError::Record { line, limit };
        loop {
            if !self.fill().await? {
                self.parser.end().map_err(too_long)?;
                break;
            }
            let (read, ended) = self.parser.read(&self.piece).map_err(too_long)?;
            let ended_with = self.piece.get(read.saturating_sub(1)).copied();
            self.step(read);
            if ended {
                self.finish_line(ended_with).await?;
                break;
            }
        }
        self.count += 1;
        Ok(Some(self.parser.record(line)))
    }

    /// The second half of a line end, so that a position never lies within one.
    async fn finish_line(&mut self, first: Option<u8>) -> Result<(), ImportError> {
        if first == Some(b'\r') && self.fill().await? && self.piece[0] == b'\n' {
            self.parser.skip_line_ends(b"\n");
            self.step(1);
        }
        Ok(())
    }

    /// Whether there are bytes to read; gets the next piece once this one is used up.
    async fn fill(&mut self) -> Result<bool, ImportError> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.next().await {
                Some(piece) => self.piece = piece.map_err(ImportError::Object)?,
                None => self.ended = true,
            }
        }
        Ok(!self.piece.is_empty())
    }

    fn step(&mut self, count: usize) {
        self.piece.advance(count);
        self.offset += count as u64;
    }
}
