//! Why a PHP value does not fit a type.

use crate::redact::without_values;
use std::fmt;

use super::key::Key;
use super::read_error::ReadError;

/// Text could not be read, or does not fit the type.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FromBytesError {
    /// The text is not what PHP writes, or exceeds a limit.
    #[error("the php value cannot be read")]
    Read(#[from] ReadError),
    /// The value does not fit the type.
    #[error("the php value does not fit the type")]
    Deserialize(#[from] DeserializeError),
}

/// A PHP value does not fit the type it was to fill.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("deserializing {path}: {problem}")]
#[non_exhaustive]
pub struct DeserializeError {
    /// Where in the value, from its outermost part.
    pub path: Path,
    /// What was wrong there.
    pub problem: DeserializeProblem,
}

/// What was wrong with a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DeserializeProblem {
    /// The type refused the value; the words are serde's or the type's own.
    #[error("{0}")]
    Refused(String),
    /// A string is not UTF-8 and text was asked for.
    #[error("the string is not utf-8; use a byte buffer to take any bytes")]
    NotUtf8,
    /// A sequence was asked for and the keys are not 0, 1, 2, … in order.
    #[error("the array is not a list: its keys are not 0, 1, 2, … in order")]
    NotAList,
    /// A float that JSON and other self-describing targets cannot hold.
    #[error("the float {0} has no form in json; only a field of a float type can take it")]
    NotFinite(f64),
    /// A class wrote this value with code of its own (PHP's `Serializable`).
    #[error("class `{class}` wrote this value in a form of its own")]
    Custom {
        /// The class.
        class: String,
    },
    /// The value contains itself.
    #[error("the value refers to one that it is inside of, without end")]
    Cycle,
    /// Nesting is deeper than [`Limits::conversion_depth`](super::Limits::conversion_depth).
    #[error("arrays and objects are nested deeper than the limit of {limit}")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// References stand for more values than [`Limits::expanded_nodes`](super::Limits::expanded_nodes).
    #[error("with its references followed it has more values than the limit of {limit}")]
    TooManyValues {
        /// Values allowed.
        limit: usize,
    },
}

impl DeserializeProblem {
    pub(super) fn here(self) -> DeserializeError {
        DeserializeError {
            path: Path::default(),
            problem: self,
        }
    }
}

impl DeserializeError {
    pub(super) fn under(mut self, segment: PathSegment) -> Self {
        self.path = self.path.under(segment);
        self
    }
}

impl serde::de::Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DeserializeProblem::Refused(without_values(&message.to_string())).here()
    }
}

/// The way to a part of a value, printed like `data.rows[3].name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path {
    inner_first: Vec<PathSegment>,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// A property's plain name or a string key.
    Name(String),
    /// An integer key.
    Index(i64),
}

impl Path {
    pub(super) fn under(mut self, segment: PathSegment) -> Self {
        self.inner_first.push(segment);
        self
    }

    /// The steps from the outermost value inwards.
    pub fn segments(&self) -> impl Iterator<Item = &PathSegment> {
        self.inner_first.iter().rev()
    }
}

impl From<&Key<'_>> for PathSegment {
    fn from(key: &Key<'_>) -> Self {
        match key {
            Key::Int(index) => Self::Index(*index),
            Key::Bytes(_) => Self::Name(key.to_string()),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inner_first.is_empty() {
            return f.write_str("the outermost value");
        }
        f.write_str("`")?;
        for (position, segment) in self.segments().enumerate() {
            match segment {
                PathSegment::Index(index) => write!(f, "[{index}]")?,
                PathSegment::Name(name) if position == 0 => f.write_str(name)?,
                PathSegment::Name(name) => write!(f, ".{name}")?,
            }
        }
        f.write_str("`")
    }
}
