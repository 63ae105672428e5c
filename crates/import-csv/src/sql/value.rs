//! Values, and statements that have places for them.

use std::borrow::Cow;

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Integer(Option<i64>),
    Float(Option<f64>),
    Boolean(Option<bool>),
    Text(Option<String>),
}

/// Text with places for values, and the values.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    /// Positions and counts. SQL's 64 bits have a sign; none of them comes near.
    pub(crate) fn number(number: u64) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// As a database reads it from text; none for NULL.
    pub(crate) fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Integer(value) => value.map(|number| number.to_string().into()),
            Self::Float(value) => value.map(|number| number.to_string().into()),
            Self::Boolean(value) => value.map(|truth| if truth { "1" } else { "0" }.into()),
            Self::Text(value) => value.as_deref().map(Cow::Borrowed),
        }
    }

    /// About how many bytes it takes on the way.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(Some(text)) => text.len() + 9,
            _ => 9,
        }
    }
}
