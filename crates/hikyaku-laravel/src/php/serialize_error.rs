//! Why a Rust value cannot become a PHP value.

use std::fmt;

use super::build::BuildError;
use super::deserialize_error::{Path, PathSegment};

/// A Rust value has no form in PHP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("serializing {path} for php: {problem}")]
#[non_exhaustive]
pub struct SerializeError {
    /// Where in the value, from its outermost part.
    pub path: Path,
    /// What was wrong there.
    pub problem: SerializeProblem,
}

/// What was wrong with a Rust value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SerializeProblem {
    /// The value's own code refused, in its words.
    #[error("{0}")]
    Refused(String),
    /// PHP's integers have 64 bits and a sign.
    #[error("the integer does not fit into 64 bits with a sign; write it as a string")]
    IntegerOverflow,
    /// A key that is neither an integer nor a string.
    #[error("a key must be an integer or a string")]
    InvalidKey,
    /// A name that PHP does not allow.
    #[error(transparent)]
    Invalid(#[from] BuildError),
    /// Only a unit variant can become a case of an enum.
    #[error("only a variant without fields can become a case of a php enum")]
    NotAClass,
    /// Only what has named fields can become an object.
    #[error("the properties of a php object must be a struct, a map or a sequence")]
    NotProperties,
}

impl SerializeProblem {
    pub(super) fn here(self) -> SerializeError {
        SerializeError {
            path: Path::default(),
            problem: self,
        }
    }
}

impl SerializeError {
    pub(super) fn under(mut self, segment: PathSegment) -> Self {
        self.path = self.path.under(segment);
        self
    }
}

impl serde::ser::Error for SerializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        SerializeProblem::Refused(message.to_string()).here()
    }
}
