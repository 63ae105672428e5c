//! A value that may be missing, or known only to a deployment.

/// What a property says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen<T> {
    /// It is not there: the service's default holds.
    Absent,
    /// It is there, and a file cannot say what it is (or it is nothing of that type, which cfn-lint says).
    Unknown,
    /// It is there.
    Known(T),
}

impl<T> Seen<T> {
    /// The value, with the service's default where nothing is written. `None` if it is not known.
    pub(crate) fn or(self, default: T) -> Option<T> {
        match self {
            Self::Absent => Some(default),
            Self::Unknown => None,
            Self::Known(value) => Some(value),
        }
    }

    /// The value, if it is written and known.
    pub(crate) fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}
