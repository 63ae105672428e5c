//! JSON that stands as text in a template.

use hikyaku_local::template::{is_unknown, with_unknowns_as};
use serde_json::Value;

/// Reads JSON in which parts may be known to a deployment only. They stand in strings, or for whole values.
pub(super) fn parsed(text: &str) -> Result<Value, serde_json::Error> {
    let complete = serde_json::from_str(text);
    if complete.is_ok() || !is_unknown(text) {
        return complete;
    }
    serde_json::from_str(&with_unknowns_as(text, "0"))
}
