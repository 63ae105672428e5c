//! What was read: values in one flat list that refer to each other by index.

use std::borrow::Cow;
use std::collections::HashSet;

use super::key::Key;
use super::limits::Limits;
use super::value::Value;

/// The place of a value in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) usize);

/// One PHP value with everything inside it: read from `serialize()` text, or built.
///
/// The values lie in one list, so that references and cycles are indices and dropping needs no recursion. Strings
/// borrow from the input; [`Document::into_owned`] ends that.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// Each stands in one entry at most; what shares it does so through a [`Node::Reference`].
    pub(super) nodes: Vec<Node<'a>>,
    /// Those whose place some `R:` made a PHP reference.
    pub(super) variables: HashSet<NodeId>,
    pub(super) limits: Limits,
    pub(super) read: usize,
}

impl<'a> Document<'a> {
    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value::new(self, NodeId(0))
    }

    /// How many bytes of the input the value took. PHP ignores what follows. 0 for a value that was built.
    pub fn bytes_read(&self) -> usize {
        self.read
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0]
    }
}

/// One value as it was written.
#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(Cow<'a, [u8]>),
    Array(Vec<Entry<'a>>),
    Object {
        class: Cow<'a, str>,
        entries: Vec<Entry<'a>>,
    },
    Enum {
        class: Cow<'a, str>,
        case: Cow<'a, str>,
    },
    Custom {
        class: Cow<'a, str>,
        data: Cow<'a, [u8]>,
    },
    Reference {
        kind: ReferenceKind,
        /// Never a reference itself.
        target: NodeId,
        /// Whether the place that is shared is the target's own. An `R:` may point at an `r:` instead, and a PHP reference
        /// between other places of the object is what that makes.
        own_place: bool,
    },
}

impl Node<'_> {
    /// Whether PHP passes the value by handle: an object, of whatever kind.
    pub(super) fn is_object(&self) -> bool {
        matches!(
            self,
            Node::Object { .. } | Node::Enum { .. } | Node::Custom { .. }
        )
    }
}

/// How a value refers to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// `r:`, the same object once more.
    Object,
    /// `R:`, a PHP reference (`&`) to the same variable.
    Variable,
}

/// A key and the value under it.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) key: Key<'a>,
    pub(super) value: NodeId,
}

/// Whether the keys are 0, 1, 2, … in order, which is what PHP calls a list.
pub(super) fn is_list(entries: &[Entry<'_>]) -> bool {
    (0..)
        .zip(entries)
        .all(|(index, entry)| entry.key == Key::Int(index))
}

/// Gives a repeated key its last value in its first place, as assignment does in PHP.
pub(super) fn without_duplicates(mut entries: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    if is_list(&entries) {
        return entries;
    }
    let mut replaced = Vec::new();
    {
        let keys: Vec<Key<'_>> = entries
            .iter()
            .map(|entry| entry.key.borrowed().normalised())
            .collect();
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|&a, &b| keys[a].cmp(&keys[b]));
        for same in order.chunk_by(|&a, &b| keys[a] == keys[b]) {
            if let [first, .., last] = same {
                replaced.push((*first, entries[*last].value, same[1..].to_vec()));
            }
        }
    }
    if replaced.is_empty() {
        return entries;
    }
    let mut gone = vec![false; entries.len()];
    for (first, value, others) in replaced {
        entries[first].value = value;
        for other in others {
            gone[other] = true;
        }
    }
    let kept = entries.into_iter().zip(gone);
    kept.filter_map(|(entry, gone)| (!gone).then_some(entry))
        .collect()
}
