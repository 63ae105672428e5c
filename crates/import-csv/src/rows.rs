//! Records from bytes, as they arrive.

use bytes::{Buf, Bytes};
use csv_core::{ReadRecordResult, Reader};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use hikyaku::objects::ObjectsError;

use crate::ImportError;

/// A record beyond this is an unclosed quote, not data.
pub(crate) const MAX_RECORD: usize = 256 * 1024;
const MAX_FIELDS: usize = 1024;
const FIRST_BUFFER: usize = 4 * 1024;

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
    reader: Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
    position: Position,
}

/// One record, its fields still in the object's encoding.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// Which line it starts in.
    pub(crate) line: u64,
    /// The object ended within a quoted field.
    pub(crate) unclosed: bool,
    text: &'a [u8],
    ends: &'a [usize],
}

impl Record<'_> {
    pub(crate) fn fields(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let start = |index: usize| if index == 0 { 0 } else { self.ends[index - 1] };
        (0..self.ends.len()).map(move |index| &self.text[start(index)..self.ends[index]])
    }

    pub(crate) fn size(&self) -> usize {
        self.text.len()
    }
}

impl Rows {
    /// Reads on at `position`, where `pieces` starts.
    pub(crate) fn new(pieces: Pieces, position: Position) -> Self {
        let mut reader = Reader::new();
        // Whoever reads first loses a byte order mark, here and there in the middle of the object when a later attempt
        // resumes. A blank line, which means nothing, goes first.
        reader.read_record(b"\n", &mut [0], &mut [0]);
        let (output, ends) = (vec![0; FIRST_BUFFER], vec![0; MAX_FIELDS]);
        Self {
            pieces,
            piece: Bytes::new(),
            ended: false,
            reader,
            output,
            ends,
            position,
        }
    }

    /// Where the next record starts, or a line end before it.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The header is a record, but not a row.
    pub(crate) fn forget_header(&mut self) {
        self.position.rows = 0;
    }

    #[cfg(test)]
    pub(crate) fn buffer(&self) -> usize {
        self.output.len()
    }

    /// The next record, or none at the end. Blank lines are no records.
    pub(crate) async fn next(&mut self) -> Result<Option<Record<'_>>, ImportError> {
        if !self.skip_line_ends().await? {
            return Ok(None);
        }
        let (line, mut quotes, mut length, mut fields) = (self.position.line, 0, 0, 0);
        loop {
            self.fill().await?;
            let (result, read, written, ended) = self.reader.read_record(
                &self.piece,
                &mut self.output[length..],
                &mut self.ends[fields..],
            );
            quotes += self.consume(read);
            (length, fields) = (length + written, fields + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.grow(line)?,
                ReadRecordResult::OutputEndsFull => {
                    return Err(ImportError::Record {
                        line,
                        limit: "1,024 fields",
                    });
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        self.position.rows += 1;
        let unclosed = self.ended && quotes % 2 == 1;
        Ok(Some(Record {
            line,
            unclosed,
            text: &self.output[..length],
            ends: &self.ends[..fields],
        }))
    }

    /// Whether there is anything after the line ends.
    async fn skip_line_ends(&mut self) -> Result<bool, ImportError> {
        loop {
            self.fill().await?;
            let blank = self
                .piece
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            self.consume(blank);
            if !self.piece.is_empty() || self.ended {
                return Ok(!self.piece.is_empty());
            }
        }
    }

    /// Gets the next piece once this one is used up.
    async fn fill(&mut self) -> Result<(), ImportError> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.next().await {
                Some(piece) => self.piece = piece.map_err(ImportError::Object)?,
                None => self.ended = true,
            }
        }
        Ok(())
    }

    /// Steps over `count` bytes; how many of them are quotes.
    fn consume(&mut self, count: usize) -> usize {
        let (mut lines, mut quotes) = (0, 0);
        for byte in &self.piece[..count] {
            lines += u64::from(*byte == b'\n');
            quotes += usize::from(*byte == b'"');
        }
        self.piece.advance(count);
        self.position.offset += count as u64;
        self.position.line += lines;
        quotes
    }

    fn grow(&mut self, line: u64) -> Result<(), ImportError> {
        if self.output.len() >= MAX_RECORD {
            return Err(ImportError::Record {
                line,
                limit: "256 KiB",
            });
        }
        let larger = (self.output.len() * 2).min(MAX_RECORD);
        self.output.resize(larger, 0);
        Ok(())
    }
}
