//! Whether a function can say which messages of a batch failed.

use super::{Finding, Rule, Severity, Stack};

pub(super) const WORD: &str = "ReportBatchItemFailures";

pub(super) static RULE: Rule = Rule {
    id: "batch-failures",
    severity: Severity::Error,
    title: "A mapping does not take reports of single failed messages",
    why: "Without it one failed message brings its whole batch back: what had succeeded runs again. And each error makes Lambda \
          poll the queue more slowly. A word that is misspelt is no report either.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
    fix: "FunctionResponseTypes: [ReportBatchItemFailures]",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.mappings.iter().filter_map(|mapping| {
        let types = mapping.response_types()?;
        if types.iter().any(|name| name == WORD) {
            return None;
        }
        let line = mapping.part.line_of("FunctionResponseTypes");
        let what = match types.first() {
            Some(other) => format!("`{other}` is not `{WORD}`"),
            None => format!("{} has no FunctionResponseTypes", mapping.part.id),
        };
        let alone = types.is_empty() && mapping.batch_size() == Some(1);
        let severity = if alone {
            Severity::Warning
        } else {
            Severity::Error
        };
        Some(RULE.found(&mapping.part.id, line, what).severity(severity))
    });
    found.collect()
}
