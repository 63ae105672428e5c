//! YAML that CloudFormation does not take.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "yaml-alias",
    severity: Severity::Note,
    title: "A template repeats values with YAML aliases",
    why: "CloudFormation refuses aliases. `sam build` writes them out, so that only what it makes can be deployed.",
    page: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html",
    fix: "# Write the value out, or put what functions share into Globals.",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.alias_line.map(|line| {
        RULE.found(
            "",
            line,
            "an alias or a merge key, the first of the template",
        )
    });
    found.into_iter().collect()
}
