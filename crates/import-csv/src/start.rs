//! What stands before the header: marks of an encoding, Excel's line `sep=;`, or the signature of something that is no
//! CSV file at all.

use crate::ImportError;

/// The delimiters that are tried. Each is a byte that is never part of a CP932 character, as `|` may be.
pub(crate) const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

const MARK: &[u8] = b"\xef\xbb\xbf";

/// What people upload under the name of a CSV file, and by which first bytes it is known.
const SIGNATURES: [(&[u8], &str, &str); 13] = [
    (b"\xff\xfe\0\0", "UTF-32 (little endian)", SAVE),
    (b"\xff\xfe", "UTF-16 (little endian)", SAVE),
    (b"\xfe\xff", "UTF-16 (big endian)", SAVE),
    (b"\x1f\x8b", "compressed with gzip", UNPACK),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", EXPORT),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an Excel workbook of the old format",
        EXPORT,
    ),
    (b"BZh", "compressed with bzip2", UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"%PDF-", "a PDF file", EXPORT),
    (b"PAR1", "a Parquet file", EXPORT),
    (b"SQLite format 3\0", "an SQLite database", EXPORT),
];
const SAVE: &str = "save it as UTF-8 or CP932";
const UNPACK: &str = "unpack it, and import what is in it";
const EXPORT: &str = "save the table as CSV, in UTF-8 or CP932";

/// Where the header starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// How many bytes come before.
    pub(crate) offset: usize,
    pub(crate) line: u64,
    /// UTF-8's mark stands before it.
    pub(crate) is_marked: bool,
    /// What a line `sep=` says.
    pub(crate) delimiter: Option<u8>,
}

impl Start {
    /// Looks at the object's first bytes.
    pub(crate) fn of(sample: &[u8]) -> Result<Self, ImportError> {
        for (signature, what, instead) in SIGNATURES {
            if sample.starts_with(signature) {
                return Err(ImportError::NotCsv { what, instead });
            }
        }
        if let Some(what) = utf16_without_mark(sample) {
            return Err(ImportError::NotCsv {
                what,
                instead: SAVE,
            });
        }
        // Some programs write a mark before text that has one.
        let mut offset = 0;
        while sample[offset..].starts_with(MARK) {
            offset += MARK.len();
        }
        let is_marked = offset > 0;
        let Some((delimiter, length)) = said_delimiter(&sample[offset..])? else {
            return Ok(Self {
                offset,
                line: 1,
                is_marked,
                delimiter: None,
            });
        };
        Ok(Self {
            offset: offset + length,
            line: 2,
            is_marked,
            delimiter: Some(delimiter),
        })
    }
}

/// Text without a mark has a zero in every other byte, as long as it is ASCII.
fn utf16_without_mark(sample: &[u8]) -> Option<&'static str> {
    let sample = &sample[..sample.len().min(1024)];
    let zeros = |first: usize| {
        sample
            .iter()
            .skip(first)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    match () {
        () if odd * 4 > sample.len() && even == 0 => Some("UTF-16 (little endian, without a mark)"),
        () if even * 4 > sample.len() && odd == 0 => Some("UTF-16 (big endian, without a mark)"),
        () => None,
    }
}

/// Excel's line before the header: the delimiter it names, and its length with the line end. `LibreOffice` puts it into
/// quotes.
fn said_delimiter(text: &[u8]) -> Result<Option<(u8, usize)>, ImportError> {
    let end = text
        .iter()
        .take(16)
        .position(|byte| matches!(byte, b'\r' | b'\n'));
    let Some(end) = end else { return Ok(None) };
    let line = &text[..end];
    let quoted = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""));
    let line = quoted.unwrap_or(line);
    let Some((word, named)) = line.split_at_checked(4) else {
        return Ok(None);
    };
    if !word.eq_ignore_ascii_case(b"sep=") {
        return Ok(None);
    }
    match named {
        [delimiter] if DELIMITERS.contains(delimiter) => {
            let after = if text[end..].starts_with(b"\r\n") {
                2
            } else {
                1
            };
            Ok(Some((*delimiter, end + after)))
        }
        _ => Err(ImportError::NotCsv {
            what: "separated by another character than a comma, a semicolon or a tab, as its first line `sep=` says",
            instead: "save it with one of these",
        }),
    }
}
