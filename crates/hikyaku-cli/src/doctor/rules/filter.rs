//! Filters of mappings: what does not match is deleted.

use hikyaku_local::template::Node;
use serde_json::Value;

use super::{Finding, Rule, Severity, Stack};

/// Filters a mapping may have; more on request, up to ten (page "invocation-eventfiltering").
const MOST_FILTERS: usize = 5;

pub(super) static RULE: Rule = Rule {
    id: "filter",
    severity: Severity::Warning,
    title: "A filter deletes messages",
    why: "A message that no filter of the mapping matches is deleted: it is not left for another function and goes to no \
          dead-letter queue. A filter of a queue knows the key `body` alone; one that is not JSON is refused.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html",
    fix: "# Take FilterCriteria away, and give each kind of job a queue of its own. If deleting is what is meant:\n\
          # Metadata: { Doctor: { Accept: [filter] } }",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for mapping in &stack.mappings {
        let filters = mapping
            .part
            .at("FilterCriteria.Filters")
            .and_then(Node::items);
        let filters = filters.unwrap_or_default();
        for filter in filters {
            let Some(pattern) = filter.get("Pattern") else {
                continue;
            };
            let id = &mapping.part.id;
            found.push(match pattern.text().map(judge) {
                Some(Err(fault)) => RULE
                    .found(id, pattern.line, fault)
                    .severity(Severity::Error),
                None => RULE
                    .found(
                        id,
                        pattern.line,
                        "a pattern is text that contains JSON, not YAML",
                    )
                    .severity(Severity::Error),
                Some(Ok(())) => RULE.found(
                    id,
                    pattern.line,
                    "every message that this filter does not match is deleted",
                ),
            });
        }
        if filters.len() > MOST_FILTERS {
            let what = format!("{} filters; Lambda takes {MOST_FILTERS}", filters.len());
            found.push(RULE.found(
                &mapping.part.id,
                mapping.part.line_of("FilterCriteria"),
                what,
            ));
        }
    }
    found
}

fn judge(pattern: &str) -> Result<(), String> {
    let value = super::json::parsed(pattern)
        .map_err(|error| format!("this filter is not JSON: {error}"))?;
    let Value::Object(keys) = value else {
        return Err("a filter is a JSON object with the key `body`".to_owned());
    };
    match keys.keys().find(|key| *key != "body") {
        Some(key) => Err(format!(
            "Lambda filters a queue's messages by `body` alone, not by `{key}`"
        )),
        None => Ok(()),
    }
}
