//! What a rule is, and what it finds.

use serde::Serialize;

use super::stack::Stack;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// AWS refuses it, or jobs are lost, doubled or never run.
    Error,
    /// It works until something else goes wrong, or nobody will notice that it does not.
    Warning,
    /// Worth knowing; never fails a build.
    Note,
}

impl Severity {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that is looked for. Every rule is a `static` in a file of `rules/`.
pub(crate) struct Rule {
    /// Its name on the command line and in `Metadata`.
    pub(crate) id: &'static str,
    /// How bad it is, unless the finding says otherwise.
    pub(crate) severity: Severity,
    /// What it finds, in one sentence.
    pub(crate) title: &'static str,
    /// What happens in production.
    pub(crate) why: &'static str,
    /// The page that says so.
    pub(crate) page: &'static str,
    /// What to paste, where the finding does not have something more exact.
    pub(crate) fix: &'static str,
    /// Looks for it.
    pub(crate) check: fn(&Stack) -> Vec<Finding>,
}

impl Rule {
    /// A finding in the template.
    pub(crate) fn found(
        &'static self,
        resource: &str,
        line: usize,
        what: impl Into<String>,
    ) -> Finding {
        Finding {
            rule: self,
            severity: self.severity,
            file: None,
            line,
            resource: resource.to_owned(),
            what: what.into(),
            fix: self.fix.to_owned(),
        }
    }
}

/// What a rule found.
#[derive(Clone)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    /// The file, if it is not the template.
    pub(crate) file: Option<String>,
    /// Counted from 1; 0 where there is no text.
    pub(crate) line: usize,
    /// The logical id.
    pub(crate) resource: String,
    /// What is there, with the numbers.
    pub(crate) what: String,
    /// What to paste.
    pub(crate) fix: String,
}

impl Finding {
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    pub(crate) fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }
}
