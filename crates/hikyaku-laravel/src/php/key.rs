//! Keys of arrays and names of properties.

use std::borrow::Cow;

/// A key of an array, or the name of a property as PHP mangles it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    /// An integer. In arrays PHP makes integers of strings that look like one.
    Int(i64),
    /// A string of bytes.
    Bytes(Cow<'a, [u8]>),
}

impl Key<'_> {
    /// This key without owning its bytes.
    pub fn borrowed(&self) -> Key<'_> {
        match self {
            Key::Int(int) => Key::Int(*int),
            Key::Bytes(bytes) => Key::Bytes(Cow::Borrowed(bytes)),
        }
    }

    /// This key as PHP's arrays hold it: `"5"` is 5, while `"05"`, `"+5"` and `"-0"` stay strings.
    pub(crate) fn normalised(self) -> Self {
        match &self {
            Key::Int(_) => self,
            Key::Bytes(bytes) => decimal(bytes).map_or(self, Key::Int),
        }
    }

    /// Whether this is the key `name`; an integer matches its decimal form.
    pub fn is(&self, name: &str) -> bool {
        match self {
            Key::Int(int) => decimal(name.as_bytes()) == Some(*int),
            Key::Bytes(bytes) => bytes.as_ref() == name.as_bytes(),
        }
    }
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Int(int) => int.fmt(f),
            Key::Bytes(bytes) => String::from_utf8_lossy(bytes).fmt(f),
        }
    }
}

fn decimal(bytes: &[u8]) -> Option<i64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let canonical = match digits {
        [b'0'] => bytes.len() == 1,
        [first, rest @ ..] => matches!(first, b'1'..=b'9') && rest.iter().all(u8::is_ascii_digit),
        [] => false,
    };
    if !canonical {
        return None;
    }
    str::from_utf8(bytes).ok()?.parse().ok()
}
