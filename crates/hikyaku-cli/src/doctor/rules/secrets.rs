//! Secrets that stand in the template.

use hikyaku_local::template::Node;

use super::{Finding, Rule, Severity, Stack};

/// What names of secrets contain.
const SECRET: [&str; 6] = [
    "PASSWORD",
    "SECRET",
    "TOKEN",
    "APP_KEY",
    "API_KEY",
    "PRIVATE_KEY",
];

/// What names contain that only say where a secret is.
const PLACE: [&str; 8] = [
    "ARN",
    "NAME",
    "ID",
    "URL",
    "TABLE",
    "PATH",
    "PARAMETER",
    "TTL",
];

pub(super) static RULE: Rule = Rule {
    id: "secret",
    severity: Severity::Warning,
    title: "A secret stands in the template",
    why: "A template is in version control, in CloudFormation's history and in the console of whoever may read functions. A secret belongs in \
          Secrets Manager or Parameter Store, read by the function when it starts; or at least in a parameter with NoEcho.",
    page: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html",
    fix: "HIKYAKU_APP_KEY: '{{resolve:secretsmanager:application:SecretString:app_key}}'",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in &stack.functions {
        for (name, value) in function.variables() {
            if is_secret(name) && stack.is_literal(function.id(), name) && is_given(value) {
                let what = format!("{name} of {} is written out", function.id());
                found.push(RULE.found(function.id(), value.line, what));
            }
        }
    }
    found
}

fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    SECRET.iter().any(|word| name.contains(word)) && !PLACE.contains(&last)
}

fn is_given(value: &Node) -> bool {
    let text = value.text().unwrap_or_default();
    !text.is_empty() && !text.contains("{{resolve:")
}
