//! Why a text is not PHP `serialize()` text.

/// PHP `serialize()` text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading php serialize() text at byte {offset}: {problem}")]
#[non_exhaustive]
pub struct ReadError {
    /// Where reading stopped, in bytes from the start.
    pub offset: usize,
    /// What was wrong there.
    pub problem: ReadProblem,
}

/// What was wrong with PHP `serialize()` text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadProblem {
    /// The input is longer than [`Limits::input_bytes`](super::Limits::input_bytes).
    #[error("the input has {length} bytes, more than the limit of {limit}")]
    InputTooLong {
        /// Bytes in the input.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Nesting is deeper than [`Limits::depth`](super::Limits::depth).
    #[error("arrays and objects are nested deeper than the limit of {limit}")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// There are more values than [`Limits::nodes`](super::Limits::nodes).
    #[error("there are more values than the limit of {limit}")]
    TooManyValues {
        /// Values allowed.
        limit: usize,
    },
    /// The input ended inside a value.
    #[error("the input ends where {expected} was expected")]
    UnexpectedEnd {
        /// What should have followed.
        expected: &'static str,
    },
    /// Another byte than the format asks for.
    #[error("expected {expected}, found {}", quoted(*found))]
    UnexpectedByte {
        /// What the format asks for.
        expected: &'static str,
        /// The byte in its place.
        found: u8,
    },
    /// A letter that starts no type.
    #[error("{} is not a type of php serialize()", quoted(*found))]
    UnknownType {
        /// The letter.
        found: u8,
    },
    /// A key that is neither an integer nor a string.
    #[error("a key must be an integer or a string, found type {}", quoted(*found))]
    InvalidKey {
        /// The letter of the type found.
        found: u8,
    },
    /// Digits were expected and something else was found.
    #[error("a number is not written as php writes it")]
    InvalidNumber,
    /// An integer that does not fit 64 bits.
    #[error("an integer does not fit into 64 bits")]
    IntegerOverflow,
    /// A boolean that is neither 0 nor 1.
    #[error("a boolean must be 0 or 1")]
    InvalidBoolean,
    /// A length or count that the rest of the input cannot hold.
    #[error("a length of {claimed} is claimed, but {left} bytes are left")]
    LengthBeyondInput {
        /// What the text claims.
        claimed: usize,
        /// Bytes left.
        left: usize,
    },
    /// A class or enum case name with other characters than PHP allows, or not in UTF-8.
    #[error("a class or case name has characters that php does not allow, or is not utf-8")]
    InvalidName,
    /// An enum without `:` between its class and its case.
    #[error("an enum must name its class and its case")]
    EnumWithoutCase,
    /// An `S:` string with a backslash that two hexadecimal digits do not follow.
    #[error("a backslash in an escaped string must be followed by two hexadecimal digits")]
    InvalidEscape,
    /// A reference to a value that has not been read.
    #[error("the reference points at value {slot}, which does not precede it")]
    UnknownReference {
        /// The value's number, counted from 1.
        slot: usize,
    },
    /// An `r:` reference to something other than an object.
    #[error("the object reference points at value {slot}, which is not an object")]
    NotAnObject {
        /// The value's number, counted from 1.
        slot: usize,
    },
}

fn quoted(byte: u8) -> String {
    if byte.is_ascii_graphic() || byte == b' ' {
        format!("`{}`", char::from(byte))
    } else {
        format!("byte 0x{byte:02x}")
    }
}
