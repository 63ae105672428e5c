//! What can be wrong with a template, and where.

use std::fmt;

use thiserror::Error;

/// A place in a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The name the template was read under, usually its path.
    pub source: String,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.source, self.line)
    }
}

/// Why a template was refused. Every variant that concerns its text names the line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The file could not be read.
    #[error("reading the template `{path}`")]
    Unreadable {
        /// The path that was tried.
        path: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The text is not YAML (or JSON) of the kind CloudFormation takes.
    #[error("{place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// An intrinsic function, a parameter or a condition cannot be evaluated.
    #[error("{place}: {path}: {reason}")]
    Unresolvable {
        /// Where.
        place: Place,
        /// What was being read, such as `Orders.QueueName`.
        path: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// A property has a value that AWS would refuse, or that cannot be run locally.
    #[error("{place}: {path}: {reason}")]
    Invalid {
        /// Where.
        place: Place,
        /// What was being read, such as `Import.Events.Jobs.BatchSize`.
        path: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
}

impl TemplateError {
    /// The line the error is about; `None` when the file could not be read at all.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Syntax { place, .. }
            | Self::Unresolvable { place, .. }
            | Self::Invalid { place, .. } => Some(place.line),
        }
    }
}

/// Something in a template that is probably not what its author meant, but that AWS would deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What was being read, such as `Import.Events.Jobs`.
    pub path: String,
    /// What is suspicious, and what to do.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.place, self.path, self.message)
    }
}
