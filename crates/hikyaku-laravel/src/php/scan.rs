//! The lexical level: lengths, numbers, quoted bytes and names.

use std::borrow::Cow;

use super::read_error::{ReadError, ReadProblem};

/// A position in the input that only moves forward.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn error(&self, problem: ReadProblem) -> ReadError {
        let offset = self.at;
        ReadError { offset, problem }
    }

    /// An error in the byte that was read last.
    pub(super) fn error_before(&self, problem: ReadProblem) -> ReadError {
        let offset = self.at.saturating_sub(1);
        ReadError { offset, problem }
    }

    pub(super) fn next(&mut self, expected: &'static str) -> Result<u8, ReadError> {
        let Some(&byte) = self.bytes.get(self.at) else {
            return Err(self.error(ReadProblem::UnexpectedEnd { expected }));
        };
        self.at += 1;
        Ok(byte)
    }

    /// Steps over `text`, whose name in an error is `expected`.
    pub(super) fn skip(&mut self, text: &[u8], expected: &'static str) -> Result<(), ReadError> {
        for &wanted in text {
            let found = self.next(expected)?;
            if found != wanted {
                return Err(self.error_before(ReadProblem::UnexpectedByte { expected, found }));
            }
        }
        Ok(())
    }

    pub(super) fn boolean(&mut self) -> Result<bool, ReadError> {
        let found = self.next("a boolean")?;
        if !matches!(found, b'0' | b'1') {
            return Err(self.error_before(ReadProblem::InvalidBoolean));
        }
        self.skip(b";", "`;`")?;
        Ok(found == b'1')
    }

    /// `[+-]?[0-9]+;`
    pub(super) fn integer(&mut self) -> Result<i64, ReadError> {
        let start = self.at;
        let text = self.until(b';', "`;` after an integer")?;
        parse_integer(text).map_err(|problem| ReadError {
            offset: start,
            problem,
        })
    }

    /// `[0-9]+` up to and over `end`.
    pub(super) fn length(&mut self, end: u8) -> Result<usize, ReadError> {
        let start = self.at;
        let text = self.until(end, "a length")?;
        let problem = if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
            ReadProblem::InvalidNumber
        } else if let Some(length) = str::from_utf8(text).ok().and_then(|t| t.parse().ok()) {
            return Ok(length);
        } else {
            ReadProblem::IntegerOverflow
        };
        Err(ReadError {
            offset: start,
            problem,
        })
    }

    /// A number of array elements or properties; each takes at least one byte, so that a lie is found before it is
    /// believed.
    pub(super) fn count(&mut self) -> Result<usize, ReadError> {
        let count = self.length(b':')?;
        self.skip(b"{", "`{`")?;
        self.within(count)?;
        Ok(count)
    }

    pub(super) fn float(&mut self) -> Result<f64, ReadError> {
        let start = self.at;
        let text = self.until(b';', "`;` after a float")?;
        match text {
            b"INF" => Ok(f64::INFINITY),
            b"-INF" => Ok(f64::NEG_INFINITY),
            b"NAN" => Ok(f64::NAN),
            _ => parse_float(text).ok_or(ReadError {
                offset: start,
                problem: ReadProblem::InvalidNumber,
            }),
        }
    }

    /// `LEN:"bytes"`, without what follows.
    pub(super) fn quoted(&mut self) -> Result<&'a [u8], ReadError> {
        let length = self.length(b':')?;
        self.skip(b"\"", "`\"`")?;
        let bytes = self.take(length)?;
        self.skip(b"\"", "`\"` after a string of the stated length")?;
        Ok(bytes)
    }

    /// The rest of `s:`.
    pub(super) fn string(&mut self) -> Result<Cow<'a, [u8]>, ReadError> {
        let bytes = self.quoted()?;
        self.skip(b";", "`;` after a string")?;
        Ok(Cow::Borrowed(bytes))
    }

    /// The rest of `S:`, where the length counts unescaped bytes.
    pub(super) fn escaped_string(&mut self) -> Result<Cow<'a, [u8]>, ReadError> {
        let length = self.length(b':')?;
        self.skip(b"\"", "`\"`")?;
        self.within(length)?;
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let byte = match self.next("a string of the stated length")? {
                b'\\' => self.hexadecimal()?,
                byte => byte,
            };
            bytes.push(byte);
        }
        self.skip(b"\";", "`\";` after a string")?;
        Ok(Cow::Owned(bytes))
    }

    /// `LEN:"Class"`.
    pub(super) fn class(&mut self) -> Result<&'a str, ReadError> {
        let start = self.at;
        name(self.quoted()?).ok_or(ReadError {
            offset: start,
            problem: ReadProblem::InvalidName,
        })
    }

    /// `LEN:"Class:Case";`
    pub(super) fn enum_case(&mut self) -> Result<(&'a str, &'a str), ReadError> {
        let start = self.at;
        let text = self.quoted()?;
        self.skip(b";", "`;` after an enum")?;
        let at_start = |problem| ReadError {
            offset: start,
            problem,
        };
        let colon = text.iter().position(|&byte| byte == b':');
        let (class, case) = colon
            .and_then(|colon| Some((text.get(..colon)?, text.get(colon + 1..)?)))
            .ok_or_else(|| at_start(ReadProblem::EnumWithoutCase))?;
        let names = name(class).zip(name(case));
        names.ok_or_else(|| at_start(ReadProblem::InvalidName))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        self.within(length)?;
        let start = self.at;
        self.at += length;
        Ok(&self.bytes[start..self.at])
    }

    fn within(&self, claimed: usize) -> Result<(), ReadError> {
        let left = self.left();
        if claimed > left {
            return Err(self.error(ReadProblem::LengthBeyondInput { claimed, left }));
        }
        Ok(())
    }

    fn until(&mut self, end: u8, expected: &'static str) -> Result<&'a [u8], ReadError> {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|&byte| byte == end) else {
            return Err(ReadError {
                offset: self.bytes.len(),
                problem: ReadProblem::UnexpectedEnd { expected },
            });
        };
        self.at += length + 1;
        Ok(&rest[..length])
    }

    fn hexadecimal(&mut self) -> Result<u8, ReadError> {
        let mut value = 0;
        for _ in 0..2 {
            let digit = char::from(self.next("a hexadecimal digit")?).to_digit(16);
            let digit = digit.and_then(|digit| u8::try_from(digit).ok());
            value =
                value << 4 | digit.ok_or_else(|| self.error_before(ReadProblem::InvalidEscape))?;
        }
        Ok(value)
    }
}

fn parse_integer(text: &[u8]) -> Result<i64, ReadProblem> {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+"));
    let digits = digits.unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(ReadProblem::InvalidNumber);
    }
    let text = str::from_utf8(text).map_err(|_| ReadProblem::InvalidNumber)?;
    text.parse().map_err(|_| ReadProblem::IntegerOverflow)
}

/// PHP takes a float with digits on one side of the point only, and no words but the three upper-case ones; Rust's
/// parser takes words in any case, so the characters are checked first.
fn parse_float(text: &[u8]) -> Option<f64> {
    let numeric = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    if !text.iter().all(numeric) {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

/// A class or case name: php.net, "Classes and Objects: the basics" gives the characters; namespaces add `\`.
pub(super) fn name(bytes: &[u8]) -> Option<&str> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\' | 0x80..);
    if bytes.is_empty() || !bytes.iter().all(allowed) {
        return None;
    }
    str::from_utf8(bytes).ok()
}
