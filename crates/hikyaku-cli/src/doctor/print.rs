//! Findings for people, at 80 columns, and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::finding::{Finding, Severity};

const COLUMNS: usize = 80;

/// What the doctor says in the end.
pub(crate) struct Report {
    /// The path of the template, as given.
    pub(crate) template: String,
    /// In the order of the text.
    pub(crate) findings: Vec<Finding>,
    /// What could not be looked at, and why.
    pub(crate) unchecked: Vec<String>,
}

impl Report {
    pub(crate) fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }

    pub(crate) fn to_json(&self) -> Value {
        let finding = |finding: &Finding| {
            json!({
                "rule": finding.rule.id,
                "severity": finding.severity,
                "file": finding.file.as_ref().unwrap_or(&self.template),
                "line": finding.line,
                "resource": finding.resource,
                "what": finding.what,
                "why": finding.rule.why,
                "page": finding.rule.page,
                "fix": finding.fix,
            })
        };
        json!({
            "template": self.template,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "unchecked": self.unchecked,
        })
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut explained = Vec::new();
        for finding in &self.findings {
            let first = !explained.contains(&finding.rule.id);
            explained.push(finding.rule.id);
            self.add(&mut text, finding, first);
        }
        if !self.unchecked.is_empty() {
            text.push_str("Not looked at:\n");
            for reason in &self.unchecked {
                text.push_str(&wrapped("- ", "  ", reason));
            }
            text.push('\n');
        }
        text
    }

    /// The reason and the page stand with the first finding of a rule.
    fn add(&self, text: &mut String, finding: &Finding, first: bool) {
        let file = finding.file.as_ref().unwrap_or(&self.template);
        let place = match finding.line {
            0 => finding.resource.clone(),
            line => format!("{file}:{line}"),
        };
        let word = finding.severity.word();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{place}: {word}: {}", finding.rule.id);
        text.push_str(&wrapped("  ", "  ", &finding.what));
        if first {
            text.push_str(&wrapped("  Why: ", "       ", finding.rule.why));
        }
        if finding.fix.contains('\n') {
            text.push_str("  Fix:\n");
            for line in finding.fix.lines() {
                let _ = writeln!(text, "       {line}");
            }
        } else {
            let _ = writeln!(text, "  Fix: {}", finding.fix);
        }
        if first {
            let _ = writeln!(text, "  See: {}", finding.rule.page);
        }
        text.push('\n');
    }

    pub(crate) fn summary(&self) -> String {
        let counted = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let count = self.count(severity);
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {}{plural}", severity.word())
        });
        format!("{}: {}", self.template, counted.join(", "))
    }
}

/// Breaks a text between words.
fn wrapped(first: &str, next: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push_str(&line);
            lines.push('\n');
            next.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn no_line_is_longer_than_80_columns() {
        let text = wrapped("  Why: ", "       ", &"seven77 ".repeat(40));
        assert!(text.lines().all(|line| line.len() <= 80));
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("       seven77"))
        );
        assert_eq!(text.split_whitespace().count(), 41);
    }
}
