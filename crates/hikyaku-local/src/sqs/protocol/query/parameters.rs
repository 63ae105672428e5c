//! From flat names such as `Attribute.1.Name` to the input of an action.
//!
//! A number in a name only orders: nothing is as long as a number says. Names are followed as deep as the action's shapes go.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::names::{self, Parameter, Shape};
use crate::sqs::error::SqsError;

/// The parts of the longest name that means something:
/// `SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringListValue.1`.
const MAXIMUM_PARTS: usize = 7;

/// The parameters of an action, by the parts of their names.
#[derive(Debug, Default)]
pub(super) struct Parameters(BTreeMap<String, Node>);

#[derive(Debug)]
enum Node {
    Text(String),
    Parts(BTreeMap<String, Node>),
}

impl Parameters {
    /// Keeps those that the action may look at.
    pub(super) fn read(action: &str, pairs: Vec<(String, String)>) -> Result<Self, SqsError> {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            let parts: Vec<&str> = name.splitn(MAXIMUM_PARTS + 1, '.').collect();
            let known = parts
                .first()
                .and_then(|first| names::parameter(action, first));
            if let Some(known) = known.filter(|_| parts.len() <= MAXIMUM_PARTS) {
                insert(&mut parameters.0, &parts, value).ok_or_else(|| conflict(known.name))?;
            }
        }
        Ok(parameters)
    }

    /// The action's input.
    pub(super) fn input(&self, action: &str) -> Result<Value, SqsError> {
        structure(&self.0, |name| names::parameter(action, name))
    }
}

/// `None` where something is already.
fn insert(parts: &mut BTreeMap<String, Node>, path: &[&str], value: String) -> Option<()> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        let before = parts.insert((*first).to_owned(), Node::Text(value));
        return before.is_none().then_some(());
    }
    let node = parts
        .entry((*first).to_owned())
        .or_insert_with(|| Node::Parts(BTreeMap::new()));
    match node {
        Node::Parts(parts) => insert(parts, rest, value),
        Node::Text(_) => None,
    }
}

fn structure(
    parts: &BTreeMap<String, Node>,
    parameter: impl Fn(&str) -> Option<&'static Parameter>,
) -> Result<Value, SqsError> {
    let mut fields = Map::new();
    for (name, node) in parts {
        if let Some(parameter) = parameter(name) {
            let value = value(parameter.name, node, &parameter.shape)?;
            if fields.insert(parameter.field.to_owned(), value).is_some() {
                return Err(conflict(parameter.name));
            }
        }
    }
    Ok(Value::Object(fields))
}

/// What stands under a parameter's name, as its shape.
fn value(name: &'static str, node: &Node, shape: &Shape) -> Result<Value, SqsError> {
    match (shape, node) {
        (Shape::Text, Node::Text(text)) => Ok(Value::from(text.as_str())),
        (Shape::Number, Node::Text(text)) => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| SqsError::Malformed(format!("`{name}` is not a whole number"))),
        (Shape::Structure(members), Node::Parts(parts)) => {
            structure(parts, |name| names::among(members, name))
        }
        (Shape::List(of), node) => items(name, node)?
            .into_iter()
            .map(|item| value(name, item, of))
            .collect(),
        (Shape::Map { key, of }, node) => map(name, node, key, of),
        _ => Err(conflict(name)),
    }
}

fn map(name: &'static str, node: &Node, key: &str, of: &Shape) -> Result<Value, SqsError> {
    let mut entries = Map::new();
    for item in items(name, node)? {
        let Node::Parts(pair) = item else {
            return Err(conflict(name));
        };
        let (Some(Node::Text(key)), Some(given)) = (pair.get(key), pair.get("Value")) else {
            let text = format!("each `{name}` must have a {key} and a Value");
            return Err(SqsError::InvalidRequest(text));
        };
        let value = value(name, given, of)?;
        if entries.insert(key.clone(), value).is_some() {
            let text = format!("`{name}` gives the same {key} twice");
            return Err(SqsError::InvalidRequest(text));
        }
    }
    Ok(Value::Object(entries))
}

/// The elements of a list by their numbers, which need not be without gaps. A single one may come without a number,
/// as boto 2 writes it.
fn items<'a>(name: &str, node: &'a Node) -> Result<Vec<&'a Node>, SqsError> {
    let parts = match node {
        Node::Parts(parts) if parts.keys().any(|part| is_number(part)) => parts,
        single => return Ok(vec![single]),
    };
    let mut numbered = BTreeMap::new();
    for (part, node) in parts {
        let number: Option<u64> = is_number(part).then(|| part.parse().ok()).flatten();
        let number = number.filter(|number| *number > 0).ok_or_else(|| {
            SqsError::Malformed(format!("the elements of `{name}` are numbered from 1"))
        })?;
        if numbered.insert(number, node).is_some() {
            return Err(conflict(name));
        }
    }
    Ok(numbered.into_values().collect())
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn conflict(name: &str) -> SqsError {
    SqsError::Malformed(format!(
        "`{name}` is given twice, or in two forms that exclude each other"
    ))
}
