//! Mappings that are switched off.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "mapping-disabled",
    severity: Severity::Note,
    title: "A mapping is switched off",
    why: "Nothing of its queue is worked off, and messages expire at the end of the retention. A queue is paused for a while like this; a \
          template that says so keeps it paused.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html",
    fix: "Enabled: true",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let off = stack
        .mappings
        .iter()
        .filter(|mapping| mapping.part.flag("Enabled").known() == Some(false));
    off.map(|mapping| {
        let what = format!("{} is switched off", mapping.part.id);
        RULE.found(&mapping.part.id, mapping.part.line_of("Enabled"), what)
    })
    .collect()
}
