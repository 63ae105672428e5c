//! Parameters and pseudo parameters.

use super::super::TemplateError;
use super::super::inspect::placeholder;
use super::super::node::{Entry, Node, Value};
use super::Evaluator;

impl Evaluator<'_> {
    /// Every override names a declared parameter and is one of its allowed values.
    pub(super) fn check_parameters(&self) -> Result<(), TemplateError> {
        let declared = self.template.section("Parameters");
        for name in self.environment.parameters.keys() {
            if !declared.iter().any(|entry| entry.key == *name) {
                let line = self
                    .template
                    .root
                    .entry("Parameters")
                    .map_or(1, |entry| entry.line);
                return Err(self.unresolvable(
                    line,
                    name,
                    "the template declares no such parameter".to_owned(),
                ));
            }
        }
        declared
            .iter()
            .try_for_each(|entry| self.check_allowed(entry))
    }

    fn check_allowed(&self, entry: &Entry) -> Result<(), TemplateError> {
        let Some(value) = self.parameter_text(entry) else {
            return Ok(());
        };
        let Some(allowed) = entry.node.get("AllowedValues").and_then(Node::items) else {
            return Ok(());
        };
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::text).collect();
        let values = if is_list(kind(entry)) {
            items(value).collect()
        } else {
            vec![value]
        };
        match values.iter().find(|value| !allowed.contains(value)) {
            Some(value) if !allowed.is_empty() => {
                let allowed = allowed.join(", ");
                let reason = format!("`{value}` is not one of its AllowedValues: {allowed}");
                Err(self.unresolvable(entry.line, &entry.key, reason))
            }
            _ => Ok(()),
        }
    }

    /// An override, else the default. The value of an SSM parameter is not looked up: its default is taken to the letter.
    fn parameter_text<'a>(&'a self, entry: &'a Entry) -> Option<&'a str> {
        let given = self
            .environment
            .parameters
            .get(&entry.key)
            .map(String::as_str);
        given.or_else(|| entry.node.get("Default").and_then(Node::text))
    }

    /// The value of a parameter, if that is what the name means. Lists are split at commas.
    pub(super) fn parameter(
        &self,
        name: &str,
        line: usize,
        path: &str,
    ) -> Result<Option<Node>, TemplateError> {
        let Some(entry) = self
            .template
            .section("Parameters")
            .iter()
            .find(|entry| entry.key == name)
        else {
            return Ok(None);
        };
        let kind = kind(entry);
        // What an SSM parameter holds is not in the file: its default is a name.
        let looked_up = self.tolerant && kind.starts_with("AWS::SSM::Parameter::Value<");
        let text = match self.parameter_text(entry) {
            Some(text) if !looked_up => text.to_owned(),
            _ if self.tolerant => placeholder(name),
            _ => {
                let reason = format!(
                    "the parameter `{name}` ({}) has no default: give it a value",
                    self.template.lines().seen_from(line, entry.line)
                );
                return Err(self.unresolvable(line, path, reason));
            }
        };
        let value = if is_list(kind) {
            let items = items(&text).map(|item| Node::text_at(line, item)).collect();
            Node {
                line,
                value: Value::Sequence(items),
            }
        } else {
            Node::text_at(line, text)
        };
        Ok(Some(value))
    }

    /// The value of a pseudo parameter, but for `AWS::NoValue`, which has none.
    pub(super) fn pseudo(&self, name: &str, line: usize) -> Option<Node> {
        let environment = self.environment;
        let text = match name {
            "AWS::Region" => environment.region.clone(),
            "AWS::AccountId" => environment.account.clone(),
            "AWS::StackName" => environment.stack_name.clone(),
            "AWS::StackId" => environment.arn(
                "cloudformation",
                &format!("stack/{}/local", environment.stack_name),
            ),
            "AWS::Partition" => environment.partition().to_owned(),
            "AWS::URLSuffix" => environment.url_suffix().to_owned(),
            "AWS::NotificationARNs" => {
                return Some(Node {
                    line,
                    value: Value::Sequence(Vec::new()),
                });
            }
            _ => return None,
        };
        Some(Node::text_at(line, text))
    }
}

fn kind(entry: &Entry) -> &str {
    let kind = entry.node.get("Type").and_then(Node::text);
    kind.unwrap_or("String")
}

fn is_list(kind: &str) -> bool {
    kind == "CommaDelimitedList" || kind.contains("List<")
}

/// The items of a list, without the blanks around them (page "Parameters" of the CloudFormation user guide).
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}
