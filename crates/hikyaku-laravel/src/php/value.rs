//! Looking at one value of a document.

use super::document::{Document, Entry, Node, NodeId, ReferenceKind, is_list};
use super::key::Key;
use super::property::{Property, visible};

/// A value in a [`Document`]. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Value<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

/// What a value is. References are followed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum View<'d> {
    /// `N;`
    Null,
    /// `b:`
    Bool(bool),
    /// `i:`
    Int(i64),
    /// `d:`
    Float(f64),
    /// `s:` or `S:`, a string of bytes.
    Bytes(&'d [u8]),
    /// `a:`. The entries are those of [`Value::entries`].
    Array,
    /// `O:`. The properties are those of [`Value::properties`].
    Object {
        /// The class.
        class: &'d str,
    },
    /// `E:`, a case of an enum. Its backing value is not in the text.
    Enum {
        /// The enum.
        class: &'d str,
        /// The name of the case.
        case: &'d str,
    },
    /// `C:`, written by a class's own code (PHP's `Serializable`).
    Custom {
        /// The class.
        class: &'d str,
        /// What the class wrote.
        data: &'d [u8],
    },
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document<'_>, id: NodeId) -> Self {
        Self { document, id }
    }

    /// Another value of the same document.
    pub(super) fn at(self, id: NodeId) -> Self {
        Self { id, ..self }
    }

    /// The place of the value, which is its own for a reference.
    pub(super) fn id(self) -> NodeId {
        self.id
    }

    pub(super) fn document(self) -> &'d Document<'d> {
        self.document
    }

    /// The place of the value itself, which is the target's for a reference.
    pub(super) fn resolved_id(self) -> NodeId {
        match self.document.node(self.id) {
            Node::Reference { target, .. } => *target,
            _ => self.id,
        }
    }

    fn node(self) -> &'d Node<'d> {
        self.document.node(self.resolved_id())
    }

    /// What the value is, behind a reference if it is one.
    pub fn view(self) -> View<'d> {
        match self.node() {
            // A reference's target is never a reference.
            Node::Null | Node::Reference { .. } => View::Null,
            Node::Bool(bool) => View::Bool(*bool),
            Node::Int(int) => View::Int(*int),
            Node::Float(float) => View::Float(*float),
            Node::Bytes(bytes) => View::Bytes(bytes),
            Node::Array(_) => View::Array,
            Node::Object { class, .. } => View::Object { class },
            Node::Enum { class, case } => View::Enum { class, case },
            Node::Custom { class, data } => View::Custom { class, data },
        }
    }

    /// How the value shares another one, if it does. The one it shares is what [`Value::view`] shows.
    pub fn reference(self) -> Option<ReferenceKind> {
        match self.document.node(self.id) {
            Node::Reference { kind, .. } => Some(*kind),
            _ => None,
        }
    }

    pub(super) fn raw_entries(self) -> &'d [Entry<'d>] {
        match self.node() {
            Node::Array(entries) | Node::Object { entries, .. } => entries,
            _ => &[],
        }
    }

    /// The entries of an array or object in order; keys of objects are mangled names. Empty for all else.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (&'d Key<'d>, Value<'d>)> {
        let entries = self.raw_entries().iter();
        entries.map(move |entry| (&entry.key, self.at(entry.value)))
    }

    /// Whether the value is an array with the keys 0, 1, 2, … in order; an empty array is.
    pub fn is_list(self) -> bool {
        matches!(self.view(), View::Array) && is_list(self.raw_entries())
    }

    /// The properties of an object under their plain names, one per name: where a parent's private property has the
    /// name of another, the one the object's own class sees. Empty for all else.
    pub fn properties(self) -> Vec<Property<'d>> {
        match self.node() {
            Node::Object { class, entries } => visible(self, class, entries),
            _ => Vec::new(),
        }
    }

    /// The property of this plain name, as [`Value::properties`] has it, or the array element under this key.
    pub fn get(self, name: &str) -> Option<Value<'d>> {
        if matches!(self.view(), View::Array) {
            let mut entries = self.entries();
            return entries.find_map(|(key, value)| key.is(name).then_some(value));
        }
        let mut properties = self.properties().into_iter();
        properties.find_map(|property| property.name.is(name).then_some(property.value))
    }

    /// The class of an object or enum.
    pub fn class_name(self) -> Option<&'d str> {
        match self.view() {
            View::Object { class } | View::Enum { class, .. } | View::Custom { class, .. } => {
                Some(class)
            }
            _ => None,
        }
    }

    /// The bytes of a string.
    pub fn as_bytes(self) -> Option<&'d [u8]> {
        match self.view() {
            View::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a string in UTF-8.
    pub fn as_str(self) -> Option<&'d str> {
        str::from_utf8(self.as_bytes()?).ok()
    }

    /// Whether the value is null.
    pub fn is_null(self) -> bool {
        matches!(self.view(), View::Null)
    }
}
