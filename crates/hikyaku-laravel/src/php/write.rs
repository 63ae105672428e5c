//! Writing: the bytes PHP's `serialize()` gives for a value, without recursion.

use std::collections::{HashMap, HashSet};
use std::slice;

use super::document::{Document, Entry, Node, NodeId, ReferenceKind};
use super::key::Key;
use super::number::{write_float, write_signed, write_unsigned};
use super::value::Value;

/// A value could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A class wrote a part with code of its own (`C:`). Whether its text counts as values is known to that code
    /// only, so the numbers of references behind it are not known.
    #[error(
        "writing php serialize() text: class `{class}` has a form of its own, which can only be read"
    )]
    Custom {
        /// The class.
        class: String,
    },
}

/// Writes a value as PHP's `serialize()` does.
///
/// What was read from PHP comes out byte for byte. What PHP reads but does not write comes out as PHP would write it:
/// `S:` as `s:`, `i:+5;` as `i:5;`, `d:.5;` as `d:0.5;`, a repeated key once, the key `"5"` of an array as `i:5;`, a
/// second occurrence of an enum's case as `r:`. A reference to a value that a repeated key replaced keeps that value, where
/// PHP takes what has its place by then, or refuses. References get their numbers from what they share, so that they are
/// right after values were added or removed.
pub fn write(value: Value<'_>) -> Result<Vec<u8>, WriteError> {
    let document = value.document();
    let root = value.resolved_id();
    let mut writer = Writer {
        document,
        lone: lone_references(document, root),
        // A value takes a dozen bytes or so.
        text: Vec::with_capacity(document.bytes_read().max(64)),
        count: 0,
        numbers: vec![0; document.nodes.len()],
        cases: HashMap::new(),
        open: Vec::new(),
    };
    writer.run(root)?;
    Ok(writer.text)
}

/// The places whose PHP reference to an object no other place shares any more, for the others were taken out, or are
/// outside of what is written: PHP takes the outermost value out of its reference. It writes such a place like any other
/// object.
fn lone_references(document: &Document<'_>, root: NodeId) -> HashSet<NodeId> {
    let is_reference = |node: &Node<'_>| {
        let variable = ReferenceKind::Variable;
        matches!(node, Node::Reference { kind, .. } if *kind == variable)
    };
    if !document.nodes.iter().any(is_reference) {
        return HashSet::new();
    }
    let mut sharing: HashMap<(NodeId, bool), Vec<NodeId>> = HashMap::new();
    if root != NodeId(0) && document.variables.contains(&root) {
        sharing.insert((root, true), vec![root]);
    }
    for container in document.reached_from(root) {
        document.node(container).each_entry(|place| {
            let shared = match document.node(place) {
                Node::Reference {
                    kind: ReferenceKind::Variable,
                    target,
                    own_place,
                } => (*target, *own_place),
                _ if document.variables.contains(&place) => (place, true),
                _ => return,
            };
            if document.node(shared.0).is_object() {
                sharing.entry(shared).or_default().push(place);
            }
        });
    }
    let lone = |places: Vec<NodeId>| <[NodeId; 1]>::try_from(places).ok();
    sharing.into_values().filter_map(lone).flatten().collect()
}

struct Writer<'d> {
    document: &'d Document<'d>,
    lone: HashSet<NodeId>,
    text: Vec<u8>,
    /// Numbers given so far. Every value takes one but an `R:`.
    count: usize,
    /// The number of each value that was written, 0 before.
    numbers: Vec<usize>,
    /// The same for cases of enums, each of which is one object in PHP.
    cases: HashMap<(&'d str, &'d str), usize>,
    open: Vec<slice::Iter<'d, Entry<'d>>>,
}

impl<'d> Writer<'d> {
    fn run(&mut self, root: NodeId) -> Result<(), WriteError> {
        self.count = 1;
        // PHP hands `serialize()` a copy of an array: a reference inside it to the original finds it not yet written.
        if self.document.node(root).is_object() {
            self.remember(root);
        }
        self.node(root)?;
        while let Some(entries) = self.open.last_mut() {
            let Some(entry) = entries.next() else {
                self.text.push(b'}');
                self.open.pop();
                continue;
            };
            self.key(&entry.key);
            self.entry(entry.value)?;
        }
        Ok(())
    }

    fn entry(&mut self, id: NodeId) -> Result<(), WriteError> {
        let target = match self.document.node(id) {
            Node::Reference { target, .. } => *target,
            _ => id,
        };
        let number = self.number(target);
        if number == 0 {
            self.count += 1;
            self.remember(target);
            return self.node(target);
        }
        if self.is_variable(id) {
            self.reference(b"R:", number);
            return Ok(());
        }
        self.count += 1;
        if self.document.node(target).is_object() {
            self.reference(b"r:", number);
            return Ok(());
        }
        self.node(target)
    }

    /// Whether the place is a PHP reference, shared with other places.
    fn is_variable(&self, id: NodeId) -> bool {
        let variable = match self.document.node(id) {
            Node::Reference { kind, .. } => *kind == ReferenceKind::Variable,
            _ => self.document.variables.contains(&id),
        };
        variable && !self.lone.contains(&id)
    }

    fn number(&self, id: NodeId) -> usize {
        match self.document.node(id) {
            Node::Enum { class, case } => self
                .cases
                .get(&(class.as_ref(), case.as_ref()))
                .copied()
                .unwrap_or_default(),
            _ => self.numbers[id.0],
        }
    }

    fn remember(&mut self, id: NodeId) {
        match self.document.node(id) {
            Node::Enum { class, case } => {
                self.cases.insert((class, case), self.count);
            }
            _ => self.numbers[id.0] = self.count,
        }
    }

    fn node(&mut self, id: NodeId) -> Result<(), WriteError> {
        match self.document.node(id) {
            // A reference's target is never a reference.
            Node::Null | Node::Reference { .. } => self.text.extend_from_slice(b"N;"),
            Node::Bool(false) => self.text.extend_from_slice(b"b:0;"),
            Node::Bool(true) => self.text.extend_from_slice(b"b:1;"),
            Node::Int(int) => self.integer(*int),
            Node::Float(float) => {
                self.text.extend_from_slice(b"d:");
                write_float(*float, &mut self.text);
                self.text.push(b';');
            }
            Node::Bytes(bytes) => self.string(bytes),
            Node::Enum { class, case } => {
                self.text.extend_from_slice(b"E:");
                self.quoted(&[class.as_bytes(), b":", case.as_bytes()]);
                self.text.push(b';');
            }
            Node::Array(entries) => {
                self.text.push(b'a');
                self.enter(entries);
            }
            Node::Object { class, entries } => {
                self.text.extend_from_slice(b"O:");
                self.quoted(&[class.as_bytes()]);
                self.enter(entries);
            }
            Node::Custom { class, .. } => {
                let class = class.clone().into_owned();
                return Err(WriteError::Custom { class });
            }
        }
        Ok(())
    }

    fn enter(&mut self, entries: &'d [Entry<'d>]) {
        self.text.push(b':');
        self.length(entries.len());
        self.text.extend_from_slice(b":{");
        self.open.push(entries.iter());
    }

    fn key(&mut self, key: &Key<'_>) {
        match key {
            Key::Int(int) => self.integer(*int),
            Key::Bytes(bytes) => self.string(bytes),
        }
    }

    fn reference(&mut self, letter: &[u8], number: usize) {
        self.text.extend_from_slice(letter);
        self.length(number);
        self.text.push(b';');
    }

    fn integer(&mut self, int: i64) {
        self.text.extend_from_slice(b"i:");
        write_signed(int, &mut self.text);
        self.text.push(b';');
    }

    fn string(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(b"s:");
        self.quoted(&[bytes]);
        self.text.push(b';');
    }

    /// `LEN:"bytes"`
    fn quoted(&mut self, parts: &[&[u8]]) {
        self.length(parts.iter().map(|part| part.len()).sum());
        self.text.extend_from_slice(b":\"");
        for part in parts {
            self.text.extend_from_slice(part);
        }
        self.text.push(b'"');
    }

    fn length(&mut self, length: usize) {
        write_unsigned(length as u64, &mut self.text);
    }
}
