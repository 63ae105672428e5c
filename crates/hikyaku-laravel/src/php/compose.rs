//! Putting documents into documents, and taking parts out, with what they share kept.

use std::borrow::Cow;
use std::collections::HashSet;

use super::document::{Document, Entry, Node, NodeId};
use super::key::Key;
use super::limits::Limits;
use super::value::Value;

impl<'a> Document<'a> {
    pub(super) fn of(root: Node<'a>) -> Self {
        Self {
            nodes: vec![root],
            variables: HashSet::new(),
            limits: Limits::default(),
            read: 0,
        }
    }

    /// Takes in all values of another document and tells the new place of its outermost one.
    pub(super) fn append(&mut self, other: Document<'a>) -> NodeId {
        let offset = self.nodes.len();
        let moved = |id: NodeId| NodeId(id.0 + offset);
        self.nodes.reserve(other.nodes.len());
        for mut node in other.nodes {
            node.relocate(moved);
            self.nodes.push(node);
        }
        self.variables
            .extend(other.variables.into_iter().map(moved));
        moved(NodeId(0))
    }

    /// A value and all inside it, references followed, each once.
    pub(super) fn reached_from(&self, root: NodeId) -> Vec<NodeId> {
        let mut reached = vec![false; self.nodes.len()];
        reached[root.0] = true;
        let mut order = vec![root];
        let mut next = 0;
        while let Some(&id) = order.get(next) {
            next += 1;
            self.node(id).each_inside(|id| {
                if !reached[id.0] {
                    reached[id.0] = true;
                    order.push(id);
                }
            });
        }
        order
    }

    /// This document with strings of its own.
    pub fn into_owned(self) -> Document<'static> {
        Document {
            nodes: self.nodes.into_iter().map(Node::into_owned).collect(),
            variables: self.variables,
            limits: self.limits,
            read: self.read,
        }
    }
}

/// A copy of a part, with all that is reached from it, also over references that lead outside.
impl<'d> From<Value<'d>> for Document<'d> {
    fn from(value: Value<'d>) -> Self {
        let source = value.document();
        let order = source.reached_from(value.resolved_id());
        let mut places = vec![NodeId(0); source.nodes.len()];
        for (place, id) in order.iter().enumerate() {
            places[id.0] = NodeId(place);
        }
        let nodes = order.iter().map(|&id| {
            let mut node = source.node(id).clone();
            node.relocate(|id| places[id.0]);
            node
        });
        let variables = order.iter().filter(|id| source.variables.contains(id));
        Document {
            nodes: nodes.collect(),
            variables: variables.map(|id| places[id.0]).collect(),
            limits: source.limits,
            read: 0,
        }
    }
}

impl<'a> Node<'a> {
    fn entries_mut(&mut self) -> &mut [Entry<'a>] {
        match self {
            Node::Array(entries) | Node::Object { entries, .. } => entries,
            _ => &mut [],
        }
    }

    /// The values of an array or object.
    pub(super) fn each_entry(&self, mut visit: impl FnMut(NodeId)) {
        if let Node::Array(entries) | Node::Object { entries, .. } = self {
            for entry in entries {
                visit(entry.value);
            }
        }
    }

    fn each_inside(&self, mut visit: impl FnMut(NodeId)) {
        match self {
            Node::Reference { target, .. } => visit(*target),
            _ => self.each_entry(visit),
        }
    }

    fn relocate(&mut self, place: impl Fn(NodeId) -> NodeId) {
        if let Node::Reference { target, .. } = self {
            *target = place(*target);
        }
        for entry in self.entries_mut() {
            entry.value = place(entry.value);
        }
    }

    fn into_owned(self) -> Node<'static> {
        match self {
            Node::Null => Node::Null,
            Node::Bool(bool) => Node::Bool(bool),
            Node::Int(int) => Node::Int(int),
            Node::Float(float) => Node::Float(float),
            Node::Bytes(bytes) => Node::Bytes(owned(bytes)),
            Node::Array(entries) => Node::Array(owned_entries(entries)),
            Node::Object { class, entries } => Node::Object {
                class: owned(class),
                entries: owned_entries(entries),
            },
            Node::Enum { class, case } => Node::Enum {
                class: owned(class),
                case: owned(case),
            },
            Node::Custom { class, data } => Node::Custom {
                class: owned(class),
                data: owned(data),
            },
            Node::Reference {
                kind,
                target,
                own_place,
            } => Node::Reference {
                kind,
                target,
                own_place,
            },
        }
    }
}

fn owned_entries(entries: Vec<Entry<'_>>) -> Vec<Entry<'static>> {
    let entries = entries.into_iter();
    let owned = entries.map(|Entry { key, value }| Entry {
        key: key.into_owned(),
        value,
    });
    owned.collect()
}

fn owned<T: ToOwned + ?Sized + 'static>(text: Cow<'_, T>) -> Cow<'static, T> {
    Cow::Owned(text.into_owned())
}

impl Key<'_> {
    /// This key with bytes of its own.
    pub fn into_owned(self) -> Key<'static> {
        match self {
            Key::Int(int) => Key::Int(int),
            Key::Bytes(bytes) => Key::Bytes(owned(bytes)),
        }
    }
}
