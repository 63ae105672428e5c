//! One record: bytes in, fields out, and what is wrong with its quotes.
//!
//! RFC 4180, read strictly where quotes are concerned: a quote that is missing, or one too many, makes one record of many
//! lines, so whatever follows a closing quote but a delimiter or a line end is a fault. In a field without quotes around
//! it a quote is a character as any other.

use std::fmt;

/// A record beyond this is an unclosed quote, not data.
pub(crate) const MAX_RECORD: usize = 256 * 1024;
const MAX_FIELDS: usize = 1024;

/// What is wrong with a record's quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The object ends within a quoted field.
    NotClosed { opened: u64 },
    /// Neither a delimiter nor a line end follows a closing quote.
    TextAfterQuote {
        opened: u64,
        closed: u64,
        escaped: bool,
    },
    /// Some readers take such a quote for an opening one, others for text.
    BlankBeforeQuote,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotClosed { opened } => {
                write!(
                    formatter,
                    "a quote is not closed: it opens in line {opened}"
                )
            }
            Self::TextAfterQuote { escaped: true, .. } => formatter.write_str(
                "text follows a closing quote: a quote within a field is written \"\", not \\\" \
                 (PHP's fputcsv writes \"\" if its escape is '')",
            ),
            Self::TextAfterQuote { opened, closed, .. } if opened == closed => {
                formatter.write_str("text follows a closing quote")
            }
            Self::TextAfterQuote { opened, closed, .. } => write!(
                formatter,
                "a quote opens in line {opened} and closes in line {closed}, where text follows it: one is missing, or one too many"
            ),
            Self::BlankBeforeQuote => formatter.write_str("a space stands before an opening quote"),
        }
    }
}

/// The limit that a record goes beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong(pub(crate) &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing of the field was read.
    Start,
    /// Blanks alone.
    Blank,
    /// A field without quotes around it, or what follows a closing quote.
    Plain,
    Quoted,
    /// A quote in a quoted field: it closes the field, or it is the first half of `""`.
    Quote,
}

/// Reads one record after another.
#[derive(Debug)]
pub(crate) struct Parser {
    delimiter: u8,
    state: State,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The line that the next byte is in.
    line: u64,
    after_return: bool,
    opened: u64,
    fault: Option<Fault>,
}

/// One record, its fields still in the object's encoding.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// Which line it starts in.
    pub(crate) line: u64,
    pub(crate) fault: Option<Fault>,
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

    /// No field has anything in it: what spreadsheets leave behind the last row.
    pub(crate) fn is_empty(&self) -> bool {
        self.fault.is_none()
            && self
                .text
                .iter()
                .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }
}

impl Parser {
    pub(crate) fn new(delimiter: u8, line: u64) -> Self {
        Self {
            delimiter,
            state: State::Start,
            text: Vec::new(),
            ends: Vec::new(),
            line,
            after_return: false,
            opened: line,
            fault: None,
        }
    }

    /// Forgets the record before, and the line ends between.
    pub(crate) fn begin(&mut self) {
        self.state = State::Start;
        self.text.clear();
        self.ends.clear();
        self.fault = None;
        self.after_return = false;
    }

    /// The line that the next byte is in.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    #[cfg(test)]
    pub(crate) fn buffer(&self) -> usize {
        self.text.capacity()
    }

    pub(crate) fn record(&self, line: u64) -> Record<'_> {
        Record {
            line,
            fault: self.fault,
            text: &self.text,
            ends: &self.ends,
        }
    }

    /// Steps over line ends that are no part of a record; how many bytes they are.
    pub(crate) fn skip_line_ends(&mut self, bytes: &[u8]) -> usize {
        let count = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        self.count_lines(&bytes[..count]);
        count
    }

    /// Reads on; how many bytes were read, and whether the record ended with them. A line end of two bytes is read by
    /// half: the other half is skipped before the next record.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), TooLong> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            at += match (self.state, rest[0]) {
                (State::Quoted, _) => self.quoted(rest)?,
                (State::Quote, b'"') => {
                    self.state = State::Quoted;
                    self.push(b"\"")?;
                    1
                }
                (State::Start, b'"') => {
                    (self.state, self.opened) = (State::Quoted, self.line);
                    1
                }
                (_, byte) if byte == self.delimiter => {
                    self.end_field()?;
                    1
                }
                (_, b'\r' | b'\n') => {
                    self.end_field()?;
                    self.count_lines(&rest[..1]);
                    return Ok((at + 1, true));
                }
                (State::Quote, _) => {
                    self.complain(Fault::TextAfterQuote {
                        opened: self.opened,
                        closed: self.line,
                        escaped: self.text.last() == Some(&b'\\'),
                    });
                    // As it stands there, for people to look at.
                    self.push(b"\"")?;
                    self.state = State::Plain;
                    0
                }
                (State::Start | State::Blank, b' ' | b'\t') => {
                    self.state = State::Blank;
                    self.push(&rest[..1])?;
                    1
                }
                (State::Start | State::Blank | State::Plain, _) => self.plain(rest)?,
            };
        }
        Ok((at, false))
    }

    fn quoted(&mut self, rest: &[u8]) -> Result<usize, TooLong> {
        let inside = until(rest, |byte| byte == b'"');
        self.count_lines(&rest[..inside]);
        self.push(&rest[..inside])?;
        if inside == rest.len() {
            return Ok(inside);
        }
        self.state = State::Quote;
        self.after_return = false;
        Ok(inside + 1)
    }

    fn plain(&mut self, rest: &[u8]) -> Result<usize, TooLong> {
        if self.state == State::Blank && rest[0] == b'"' {
            self.complain(Fault::BlankBeforeQuote);
        }
        self.state = State::Plain;
        self.after_return = false;
        let delimiter = self.delimiter;
        let inside = until(rest, |byte| {
            byte == delimiter || byte == b'\r' || byte == b'\n'
        });
        self.push(&rest[..inside])?;
        Ok(inside)
    }

    /// The object ends here, and the record with it.
    pub(crate) fn end(&mut self) -> Result<(), TooLong> {
        if self.state == State::Quoted {
            self.complain(Fault::NotClosed {
                opened: self.opened,
            });
        }
        self.end_field()
    }

    fn complain(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.text.len() + bytes.len() > MAX_RECORD {
            return Err(TooLong("256 KiB"));
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }

    fn end_field(&mut self) -> Result<(), TooLong> {
        if self.ends.len() == MAX_FIELDS {
            return Err(TooLong("1,024 fields"));
        }
        self.ends.push(self.text.len());
        self.state = State::Start;
        Ok(())
    }

    /// A line ends with LF, CR or both.
    fn count_lines(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.line += u64::from(*byte == b'\r' || (*byte == b'\n' && !self.after_return));
            self.after_return = *byte == b'\r';
        }
    }
}

fn until(bytes: &[u8], is_end: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| is_end(*byte))
        .unwrap_or(bytes.len())
}
