//! A part of a template with a name, a line and properties.

use hikyaku_local::template::{Node, Value, is_unknown};

use super::seen::Seen;

/// A resource's, an event's or a statement's properties.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The logical id, for an event with the function's before it: `Orders.Messages`.
    pub(crate) id: String,
    /// Where it begins.
    pub(crate) line: usize,
    /// Its properties.
    pub(crate) node: Node,
}

impl Part {
    pub(crate) fn new(id: impl Into<String>, line: usize, node: Option<&Node>) -> Self {
        Self {
            id: id.into(),
            line,
            node: node.cloned().unwrap_or_else(|| empty(line)),
        }
    }

    /// What stands at a path such as `ScalingConfig.MaximumConcurrency`.
    pub(crate) fn at(&self, path: &str) -> Option<&Node> {
        let mut node = &self.node;
        for key in path.split('.') {
            node = node.get(key)?;
        }
        Some(node)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// The line of the last key of the path that is there; the part's own if none is.
    pub(crate) fn line_of(&self, path: &str) -> usize {
        let (mut node, mut line) = (&self.node, self.line);
        for key in path.split('.') {
            let Some(entry) = node.entry(key) else {
                break;
            };
            (node, line) = (&entry.node, entry.line);
        }
        line
    }

    /// A value that is compared and not read, such as an ARN: a part that is not known is the same wherever it stands.
    pub(crate) fn reference(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Node::text)
    }

    pub(crate) fn text(&self, path: &str) -> Seen<String> {
        let mut node = &self.node;
        for key in path.split('.') {
            // A whole mapping that is not known hides what is in it.
            if node.text().is_some_and(is_unknown) {
                return Seen::Unknown;
            }
            let Some(inner) = node.get(key) else {
                return Seen::Absent;
            };
            node = inner;
        }
        match node.text() {
            Some(text) if !is_unknown(text) => Seen::Known(text.to_owned()),
            _ => Seen::Unknown,
        }
    }

    pub(crate) fn number(&self, path: &str) -> Seen<u64> {
        match self.text(path) {
            Seen::Known(text) => text.trim().parse().map_or(Seen::Unknown, Seen::Known),
            Seen::Absent => Seen::Absent,
            Seen::Unknown => Seen::Unknown,
        }
    }

    pub(crate) fn flag(&self, path: &str) -> Seen<bool> {
        match self.text(path) {
            Seen::Known(text) => text
                .to_lowercase()
                .parse()
                .map_or(Seen::Unknown, Seen::Known),
            Seen::Absent => Seen::Absent,
            Seen::Unknown => Seen::Unknown,
        }
    }
}

/// A single value, or the items of a list: where CloudFormation and IAM take both.
pub(crate) fn one_or_many(node: Option<&Node>) -> &[Node] {
    match node {
        None => &[],
        Some(node) => node.items().unwrap_or(std::slice::from_ref(node)),
    }
}

/// The texts of a value or a list of values, known or not.
pub(crate) fn texts(node: Option<&Node>) -> Vec<String> {
    let nodes = one_or_many(node).iter();
    nodes
        .filter_map(|node| node.text().map(str::to_owned))
        .collect()
}

pub(crate) fn empty(line: usize) -> Node {
    Node {
        line,
        value: Value::Mapping(Vec::new()),
    }
}

/// What SAM makes of a value in `Globals` and the resource's own: mappings are merged, lists joined, the rest is replaced.
pub(crate) fn merged(shared: &Node, own: &Node) -> Node {
    let value = match (&shared.value, &own.value) {
        (Value::Mapping(shared), Value::Mapping(entries)) => {
            let mut all = entries.clone();
            for entry in shared {
                match all.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => known.node = merged(&entry.node, &known.node),
                    None => all.push(entry.clone()),
                }
            }
            Value::Mapping(all)
        }
        (Value::Sequence(shared), Value::Sequence(items)) => {
            Value::Sequence(shared.iter().chain(items).cloned().collect())
        }
        _ => own.value.clone(),
    };
    Node {
        line: own.line,
        value,
    }
}
