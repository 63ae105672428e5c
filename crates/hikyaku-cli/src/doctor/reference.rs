//! All rules as a page of documentation.

use std::fmt::Write as _;

use super::rules;

/// What `docs/doctor.md` has between its markers; a test compares the two.
pub(crate) fn markdown() -> String {
    let mut page = "| rule | | it finds |\n|---|---|---|\n".to_owned();
    for rule in rules::ALL {
        let (id, word, title) = (rule.id, rule.severity.word(), rule.title);
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| [`{id}`](#{id}) | {word} | {title} |");
    }
    page.push('\n');
    for rule in rules::ALL {
        let language = if rule.fix.starts_with("[profile") {
            "toml"
        } else if rule.fix.starts_with("const ") {
            "rust"
        } else {
            "yaml"
        };
        let _ = write!(
            page,
            "### `{}`\n\n{}.\n\n{} ([source]({}))\n\n```{language}\n{}\n```\n\n",
            rule.id, rule.title, rule.why, rule.page, rule.fix
        );
    }
    page
}
