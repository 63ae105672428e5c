//! Secrets that stand in the template.

use hikyaku_local::template::Node;

use super::super::stack::grants::Grants;
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
const PLACE: [&str; 9] = [
    "ARN",
    "FROM",
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
    fix: "HIKYAKU_APP_KEY_FROM: !Ref AppKeySecretArn  # docs/database.md; or a parameter with NoEcho",
    check,
};

pub(super) static PERMISSION: Rule = Rule {
    id: "secret-permissions",
    severity: Severity::Error,
    title: "A function may not read the secret that its environment names",
    why: "The function does not start: each invocation fails before a job has begun, and messages come back until they are given up.",
    page: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html",
    fix: "Statement:\n  - { Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: !Ref DatabaseSecretArn }",
    check: check_permission,
};

fn check_permission(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, function) in stack.functions.iter().enumerate() {
        let grants = Grants::of_function(stack, index);
        let named = function
            .variables()
            .filter(|(name, _)| name.ends_with("_FROM"));
        for (name, value) in named {
            let text = value.text().unwrap_or_default();
            let Some((action, arn)) = needed(text) else {
                continue;
            };
            if !grants.lacks(&[action], &arn).is_empty() {
                let what = format!("{} lacks {action} on what {name} names", grants.holder);
                let fix = format!(
                    "Statement:\n  - {{ Effect: Allow, Action: {action}, Resource: … }}  # what {name} names"
                );
                found.push(PERMISSION.found(&grants.holder, grants.line, what).fix(fix));
            }
        }
    }
    found
}

/// The action and the ARN of a `valueFrom` as ECS has it: a secret's ARN with more behind it, or a parameter's ARN or name.
fn needed(text: &str) -> Option<(&'static str, String)> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "secretsmanager", ..] if parts.len() > 6 => {
            Some(("secretsmanager:GetSecretValue", parts[..7].join(":")))
        }
        ["arn", _, "ssm", ..] => Some(("ssm:GetParameter", text.to_owned())),
        [name] if name.starts_with('/') => Some((
            "ssm:GetParameter",
            format!("arn:aws:ssm:us-east-1:000000000000:parameter{name}"),
        )),
        _ => None,
    }
}

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in &stack.functions {
        for (name, value) in function.variables() {
            let secret = (is_secret(name) && is_given(value)) || has_password(value);
            if secret && stack.is_literal(function.id(), name) {
                let what = format!("a secret is written out in {name} of {}", function.id());
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

/// Whether it is a URL with a password in it: `mysql://user:password@host/`.
fn has_password(value: &Node) -> bool {
    let text = value.text().unwrap_or_default();
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let user = after_scheme.split('/').next().unwrap_or_default();
    let user = user.rsplit_once('@').map_or("", |(user, _)| user);
    user.split_once(':')
        .is_some_and(|(_, password)| !password.is_empty())
}

fn is_given(value: &Node) -> bool {
    let text = value.text().unwrap_or_default();
    !text.is_empty() && !text.contains("{{resolve:") && !is_place(text)
}

/// Whether it says where a secret is: a parameter's name (`/shop/app-key`), or an ARN.
fn is_place(text: &str) -> bool {
    let is_name = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
    };
    let parts = text.strip_prefix('/').map(|path| path.split('/').count());
    (parts.is_some_and(|parts| parts > 1) && is_name(text)) || text.starts_with("arn:")
}
