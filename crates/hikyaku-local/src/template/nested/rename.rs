//! The names of a nested template, as they are in the outer one.

use std::collections::{BTreeMap, BTreeSet};

use super::super::node::{Entry, Node, Value};
use super::entries;

/// How the values of one template are written in terms of another.
pub(super) struct Names {
    /// What stands before each name of the template's own.
    stack: String,
    conditions: BTreeSet<String>,
    resources: BTreeSet<String>,
    /// What is written in place of a name: a nested template's parameters, an outer one's `Stack.Outputs.Name`.
    values: BTreeMap<String, Node>,
}

impl Names {
    /// Those of a nested template, whose parameters have these values.
    pub(super) fn nested(
        stack: &str,
        root: &Node,
        parameters: impl Iterator<Item = (String, Node)>,
    ) -> Self {
        let names = |section| {
            let entries = entries(root, section).iter();
            entries.map(|entry| entry.key.clone()).collect()
        };
        let mut values: BTreeMap<_, _> = parameters.collect();
        // CloudFormation puts letters of its own at the end.
        let name = Node::text_at(root.line, format!("${{AWS::StackName}}-{stack}"));
        values.insert(
            "AWS::StackName".to_owned(),
            Node::single(root.line, "Fn::Sub", name),
        );
        Self {
            stack: stack.to_owned(),
            conditions: names("Conditions"),
            resources: names("Resources"),
            values,
        }
    }

    /// Those of the outer template: what it takes from a nested stack is written in.
    pub(super) fn outer(stack: &str, outputs: Vec<(String, Node)>) -> Self {
        let values = outputs.into_iter();
        Self {
            stack: String::new(),
            conditions: BTreeSet::new(),
            resources: BTreeSet::new(),
            values: values
                .map(|(name, value)| (format!("{stack}.Outputs.{name}"), value))
                .collect(),
        }
    }

    pub(super) fn of(&self, own: &str) -> String {
        format!("{}{own}", self.stack)
    }

    /// A value with all names that are in it.
    pub(super) fn renamed(&self, node: &Node) -> Node {
        if let Some((function, argument)) = node.intrinsic() {
            return self.called(function, argument);
        }
        let line = node.line;
        let value = match &node.value {
            Value::Scalar(_) => return node.clone(),
            Value::Sequence(items) => {
                Value::Sequence(items.iter().map(|item| self.renamed(item)).collect())
            }
            Value::Mapping(entries) => {
                Value::Mapping(entries.iter().map(|entry| self.entry(entry)).collect())
            }
        };
        Node { line, value }
    }

    fn entry(&self, entry: &Entry) -> Entry {
        let node = match &*entry.key {
            "Condition" => self.known(&entry.node, &self.conditions),
            // A connector's ends have ids.
            "DependsOn" | "Id" => self.known(&entry.node, &self.resources),
            _ => self.renamed(&entry.node),
        };
        Entry {
            key: entry.key.clone(),
            line: entry.line,
            node,
        }
    }

    /// A name, or a list of names, of which some are the template's own.
    fn known(&self, node: &Node, own: &BTreeSet<String>) -> Node {
        match (node.text(), node.items()) {
            (Some(text), _) if own.contains(text) => Node::text_at(node.line, self.of(text)),
            (Some(_), _) => node.clone(),
            (_, Some(items)) => {
                Node::list(node.line, items.iter().map(|item| self.known(item, own)))
            }
            _ => self.renamed(node),
        }
    }

    fn called(&self, function: &str, argument: &Node) -> Node {
        let line = argument.line;
        let argument = match (function, argument.text(), argument.items()) {
            ("Ref", Some(name), _) => match self.values.get(name) {
                Some(value) => return value.clone(),
                None => Node::text_at(line, self.resource(name)),
            },
            ("Fn::GetAtt", Some(text), _) => match self.values.get(text) {
                Some(value) => return value.clone(),
                None => Node::text_at(line, self.resource(text)),
            },
            ("Fn::GetAtt", _, Some([name, attribute])) => {
                let text = name.text().zip(attribute.text());
                let whole = text.map(|(name, attribute)| format!("{name}.{attribute}"));
                match whole.and_then(|whole| self.values.get(&whole)) {
                    Some(value) => return value.clone(),
                    None => Node::list(
                        line,
                        [self.known(name, &self.resources), self.renamed(attribute)],
                    ),
                }
            }
            ("Fn::Sub", Some(pattern), _) => self.sub(line, pattern, &[]),
            ("Fn::Sub", _, Some([pattern, variables])) if pattern.text().is_some() => self.sub(
                line,
                pattern.text().unwrap_or_default(),
                variables.entries(),
            ),
            ("Fn::If", _, Some([name, rest @ ..])) => {
                let rest = rest.iter().map(|item| self.renamed(item));
                let name = self.known(name, &self.conditions);
                Node::list(line, std::iter::once(name).chain(rest))
            }
            ("Fn::FindInMap", _, Some([map, rest @ ..])) => {
                let rest = rest.iter().map(|item| self.renamed(item));
                let map = map.text().map_or_else(
                    || self.renamed(map),
                    |map| Node::text_at(line, self.of(map)),
                );
                Node::list(line, std::iter::once(map).chain(rest))
            }
            _ => self.renamed(argument),
        };
        Node::single(line, function, argument)
    }

    /// `Name` or `Name.Attribute`, of a resource or of whatever else.
    fn resource(&self, text: &str) -> String {
        let name = text.split('.').next().unwrap_or(text);
        if self.resources.contains(name) {
            self.of(text)
        } else {
            text.to_owned()
        }
    }

    /// The argument of `Fn::Sub` with new names, and with a variable for each that has a value.
    fn sub(&self, line: usize, pattern: &str, variables: &[Entry]) -> Node {
        let mut variables: Vec<Entry> = variables.iter().map(|entry| self.entry(entry)).collect();
        let mut text = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            text.push_str("${");
            let Some((name, after)) = after.split_once('}') else {
                // Never closed: whoever evaluates it says so.
                rest = after;
                break;
            };
            rest = after;
            let known = variables.iter().any(|variable| variable.key == name.trim());
            match self.values.get(name.trim()).filter(|_| !known) {
                Some(value) => variables.push(Entry {
                    key: name.trim().to_owned(),
                    line,
                    node: value.clone(),
                }),
                None if known => {}
                None => {
                    text.push_str(&self.resource(name.trim()));
                    text.push('}');
                    continue;
                }
            }
            text.push_str(name);
            text.push('}');
        }
        text.push_str(rest);
        let text = Node::text_at(line, text);
        if variables.is_empty() {
            return text;
        }
        let value = Value::Mapping(variables);
        Node::list(line, [text, Node { line, value }])
    }
}
