//! How much of a document a conversion may still visit.

use std::cell::Cell;

use super::deserialize_error::{DeserializeError, DeserializeProblem};
use super::key::Key;
use super::limits::Limits;
use super::value::{Value, View};

/// So many bytes of a string or key count as one value: a reference of eight bytes may stand for a long string.
const BYTES_PER_VALUE: usize = 32;

/// Values that may still be visited in one conversion.
pub(super) struct Budget {
    left: Cell<usize>,
    limit: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            left: Cell::new(limits.expanded_nodes),
            limit: limits.expanded_nodes,
        }
    }

    pub(super) fn visit(&self, value: Value<'_>) -> Result<(), DeserializeError> {
        let bytes = match value.view() {
            View::Bytes(bytes) | View::Custom { data: bytes, .. } => bytes.len(),
            View::Object { class } => class.len(),
            View::Enum { class, case } => class.len() + case.len(),
            _ => 0,
        };
        self.spend(1 + bytes / BYTES_PER_VALUE)
    }

    pub(super) fn visit_key(&self, key: &Key<'_>) -> Result<(), DeserializeError> {
        match key {
            Key::Int(_) => Ok(()),
            Key::Bytes(bytes) => self.spend(bytes.len() / BYTES_PER_VALUE),
        }
    }

    fn spend(&self, values: usize) -> Result<(), DeserializeError> {
        let limit = self.limit;
        let left = self.left.get().checked_sub(values);
        self.left
            .set(left.ok_or_else(|| DeserializeProblem::TooManyValues { limit }.here())?);
        Ok(())
    }
}
