//! A template with all values that a file can tell, for checks that must work on any template.
//!
//! [`Template::resolve`] stops at the first value that only a deployment knows. [`Template::inspect`] goes on: such a value
//! is marked, and [`is_unknown`] recognises it. Every resource counts as present, whatever its condition says.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::Evaluator;
use super::node::{Entry, Node, Value};
use super::{Environment, Template, TemplateError};

/// Stands around the name of what is not known. Private characters: no template has a use for them.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// A template whose intrinsic functions are evaluated as far as possible.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The whole text. A value that is not known is a scalar that [`is_unknown`] recognises; `AWS::NoValue` is left out.
    pub root: Node,
    /// What `!GetAtt <logical id>.Arn` gives. Made up, unique, and equal wherever the text refers to the same resource.
    pub arns: BTreeMap<String, String>,
    /// What `!Ref <logical id>` gives.
    pub references: BTreeMap<String, String>,
    /// Resources that these parameters leave out: their condition is known not to hold.
    pub left_out: BTreeSet<String>,
}

impl Template {
    /// Evaluates what can be evaluated. An error only for a parameter that is given and does not exist, or not with that value.
    pub fn inspect(&self, environment: &Environment) -> Result<Inspected, TemplateError> {
        let evaluator = Evaluator::tolerant(self, environment)?;
        let walk = Walk {
            evaluator: &evaluator,
            made: Cell::new(0),
        };
        let mut inspected = Inspected {
            root: walk
                .known(&self.root, "")
                .unwrap_or_else(|| unknown(1, "template")),
            arns: BTreeMap::new(),
            references: BTreeMap::new(),
            left_out: BTreeSet::new(),
        };
        for resource in self.resources() {
            let id = resource.logical_id.to_owned();
            if let Ok(false) = evaluator.is_wanted(&resource) {
                inspected.left_out.insert(id.clone());
            }
            if let Ok(arn) = evaluator.arn(&resource) {
                inspected.arns.insert(id.clone(), arn);
            }
            if let Ok(reference) = evaluator.resource_reference(&id, resource.line, &id) {
                inspected.references.insert(id, reference);
            }
        }
        Ok(inspected)
    }
}

/// Whether a text is, or contains, what only a deployment knows.
pub fn is_unknown(text: &str) -> bool {
    text.contains(BEGIN) || text.contains("{{resolve:")
}

/// A text with another in place of everything that is not known in it.
pub fn with_unknowns_as(text: &str, replacement: &str) -> String {
    let mut parts = text.split(BEGIN);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once(END).map_or("", |(_, rest)| rest);
        text + replacement + rest
    })
}

/// The name of the parameter, or whatever it is, that is not known.
pub(super) fn placeholder(name: &str) -> String {
    format!("{BEGIN}{name}{END}")
}

fn unknown(line: usize, name: &str) -> Node {
    Node::text_at(line, placeholder(name))
}

/// How many bytes of text all evaluated values may hold together; real templates stay below one megabyte. What is beyond
/// counts as not known.
const MOST_BYTES: usize = 16 * 1_048_576;

/// A walk through a template.
struct Walk<'e, 't> {
    evaluator: &'e Evaluator<'t>,
    made: Cell<usize>,
}

impl Walk<'_, '_> {
    /// The value as far as it is known; `None` for `AWS::NoValue`.
    fn known(&self, node: &Node, path: &str) -> Option<Node> {
        if let Some((function, argument)) = node.intrinsic() {
            return self.called(node, function, argument, path);
        }
        let value = match &node.value {
            Value::Scalar(_) => return Some(node.clone()),
            Value::Sequence(items) => {
                let items = items.iter();
                Value::Sequence(items.filter_map(|item| self.known(item, path)).collect())
            }
            Value::Mapping(entries) => {
                let known = |entry: &Entry| {
                    Some(Entry {
                        key: entry.key.clone(),
                        line: entry.line,
                        node: self.known(&entry.node, &entry.key)?,
                    })
                };
                Value::Mapping(entries.iter().filter_map(known).collect())
            }
        };
        let line = node.line;
        Some(Node { line, value })
    }

    fn called(&self, node: &Node, function: &str, argument: &Node, path: &str) -> Option<Node> {
        // Only the branch that is taken, and of that as much as is known.
        if function == "Fn::If" {
            return match self.evaluator.branch(argument, path) {
                Ok(branch) => self.known(branch, path),
                Err(_) => Some(unknown(node.line, function)),
            };
        }
        match self.evaluator.evaluate(node, path) {
            Ok(value) if self.made.get() <= MOST_BYTES => {
                let bytes = value.as_ref().map_or(0, Node::bytes);
                self.made.set(self.made.get() + bytes);
                value
            }
            _ => Some(unknown(node.line, function)),
        }
    }
}
