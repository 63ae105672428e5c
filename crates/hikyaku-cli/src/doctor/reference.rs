//! All rules as a page of documentation.

use std::fmt::Write as _;

use super::finding::Severity;
use super::rules;

/// What `docs/doctor.md` has between its markers; a test compares the two.
pub(crate) fn markdown() -> String {
    let mut page = String::new();
    for rule in rules::ALL {
        let word = match rule.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Note => "Note",
        };
        let language = if rule.fix.starts_with("[profile") {
            "toml"
        } else if rule.fix.starts_with("const ") {
            "rust"
        } else {
            "yaml"
        };
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "### `{}`\n\n{word}. {}.\n\n{} ([source]({}))\n\n```{language}\n{}\n```\n\n",
            rule.id, rule.title, rule.why, rule.page, rule.fix
        );
    }
    page
}
