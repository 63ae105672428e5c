//! `Globals`: properties that SAM adds to every function or table.

use super::super::node::{Entry, Node, Value};

/// The shared properties without those that the resource's `IgnoreGlobals` names; `None` when that is `*`.
pub(in super::super) fn wanted(shared: &Node, ignored: Option<&Node>) -> Option<Node> {
    if ignored.and_then(Node::text) == Some("*") {
        return None;
    }
    let ignored = ignored.and_then(Node::items).unwrap_or_default();
    let kept = shared
        .entries()
        .iter()
        .filter(|entry| !ignored.iter().any(|key| key.text() == Some(&entry.key)));
    Some(Node {
        line: shared.line,
        value: Value::Mapping(kept.cloned().collect()),
    })
}

/// A resource's own properties over the shared ones, as the page "Globals section of the AWS SAM template" states:
/// mappings are merged, lists are joined with the shared items first, anything else of the resource replaces the shared value.
pub(in super::super) fn merge(shared: &Node, own: &Node) -> Node {
    let value = match (&shared.value, &own.value) {
        _ if shared.intrinsic().is_some() || own.intrinsic().is_some() => return own.clone(),
        (Value::Mapping(shared), Value::Mapping(own)) => Value::Mapping(merge_entries(shared, own)),
        (Value::Sequence(shared), Value::Sequence(own)) => {
            Value::Sequence(shared.iter().chain(own).cloned().collect())
        }
        _ => return own.clone(),
    };
    Node {
        line: own.line,
        value,
    }
}

fn merge_entries(shared: &[Entry], own: &[Entry]) -> Vec<Entry> {
    let mut merged: Vec<Entry> = own.to_vec();
    for entry in shared {
        match merged.iter_mut().find(|mine| mine.key == entry.key) {
            Some(mine) => mine.node = merge(&entry.node, &mine.node),
            None => merged.push(entry.clone()),
        }
    }
    merged
}
