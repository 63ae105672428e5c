//! What was read: values in one flat list that refer to each other by index.

use std::borrow::Cow;

use super::limits::Limits;
use super::value::Value;

/// The place of a value in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) u32);

/// One PHP value with everything inside it, as read from `serialize()` text.
///
/// The values lie in one list, so that references and cycles are indices and dropping needs no recursion. Strings
/// borrow from the input.
#[derive(Debug)]
pub struct Document<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) limits: Limits,
    pub(super) read: usize,
}

impl<'a> Document<'a> {
    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value::new(self, NodeId(0))
    }

    /// How many bytes of the input the value took. PHP ignores what follows.
    pub fn bytes_read(&self) -> usize {
        self.read
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }
}

/// One value as it was written.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(Cow<'a, [u8]>),
    Array(Box<[Entry<'a>]>),
    Object {
        class: &'a str,
        entries: Box<[Entry<'a>]>,
    },
    Enum {
        class: &'a str,
        case: &'a str,
    },
    Custom {
        class: &'a str,
        data: &'a [u8],
    },
    Reference {
        kind: ReferenceKind,
        slot: usize,
        /// Never a reference itself.
        target: NodeId,
    },
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
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Key<'a>,
    pub(super) value: NodeId,
}

/// A key of an array, or the name of a property as PHP mangles it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    /// An integer. In arrays PHP makes integers of strings that look like one.
    Int(i64),
    /// A string of bytes.
    Bytes(Cow<'a, [u8]>),
}

impl Key<'_> {
    /// This key without owning its bytes.
    pub fn borrowed(&self) -> Key<'_> {
        match self {
            Key::Int(int) => Key::Int(*int),
            Key::Bytes(bytes) => Key::Bytes(Cow::Borrowed(bytes)),
        }
    }

    /// This key as PHP's arrays hold it: `"5"` is 5, while `"05"`, `"+5"` and `"-0"` stay strings.
    pub(super) fn normalised(self) -> Self {
        match &self {
            Key::Int(_) => self,
            Key::Bytes(bytes) => decimal(bytes).map_or(self, Key::Int),
        }
    }

    /// Whether this is the key `name`; an integer matches its decimal form.
    pub fn is(&self, name: &str) -> bool {
        match self {
            Key::Int(int) => decimal(name.as_bytes()) == Some(*int),
            Key::Bytes(bytes) => bytes.as_ref() == name.as_bytes(),
        }
    }
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Int(int) => int.fmt(f),
            Key::Bytes(bytes) => String::from_utf8_lossy(bytes).fmt(f),
        }
    }
}

fn decimal(bytes: &[u8]) -> Option<i64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let canonical = match digits {
        [b'0'] => bytes.len() == 1,
        [first, rest @ ..] => matches!(first, b'1'..=b'9') && rest.iter().all(u8::is_ascii_digit),
        [] => false,
    };
    if !canonical {
        return None;
    }
    str::from_utf8(bytes).ok()?.parse().ok()
}

/// Whether the keys are 0, 1, 2, … in order, which is what PHP calls a list.
pub(super) fn is_list(entries: &[Entry<'_>]) -> bool {
    (0..)
        .zip(entries)
        .all(|(index, entry)| entry.key == Key::Int(index))
}

/// Gives a repeated key its last value in its first place, as assignment does in PHP.
pub(super) fn without_duplicates(mut entries: Vec<Entry<'_>>) -> Box<[Entry<'_>]> {
    if is_list(&entries) {
        return entries.into_boxed_slice();
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
        return entries.into_boxed_slice();
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
