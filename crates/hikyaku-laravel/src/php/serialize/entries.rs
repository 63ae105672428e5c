//! Lists and arrays on their way into a document, element by element.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::key::ToKey;
use super::{Result, ToNodes};
use crate::php::deserialize_error::PathSegment;
use crate::php::document::{Entry, Node, NodeId, without_duplicates};
use crate::php::key::Key;
use crate::php::serialize_error::SerializeError;

/// An array whose entries are being added.
pub(super) struct Entries<'n> {
    nodes: &'n mut Vec<Node<'static>>,
    id: NodeId,
    of_object: bool,
    done: Vec<Entry<'static>>,
    key: Option<Key<'static>>,
    /// The array with one entry that names the variant, where there is one.
    variant: Option<NodeId>,
}

impl<'n> Entries<'n> {
    pub(super) fn new(to: ToNodes<'n>) -> Self {
        let ToNodes { nodes, of_object } = to;
        let id = NodeId(nodes.len());
        nodes.push(Node::Null);
        Self {
            nodes,
            id,
            of_object,
            done: Vec::new(),
            key: None,
            variant: None,
        }
    }

    /// The array under the one key of `outer`.
    pub(super) fn inside(outer: Entries<'n>) -> Self {
        let value = NodeId(outer.nodes.len());
        if let Some(key) = outer.key {
            outer.nodes[outer.id.0] = Node::Array(vec![Entry { key, value }]);
        }
        Self {
            variant: Some(outer.id),
            ..Self::new(ToNodes::new(outer.nodes))
        }
    }

    pub(super) fn name(&mut self, name: &'static str) {
        self.put_key(Key::Bytes(Cow::Borrowed(name.as_bytes())));
    }

    fn put_key(&mut self, key: Key<'static>) {
        self.key = Some(if self.of_object {
            key
        } else {
            key.normalised()
        });
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let Some(key) = self.key.take() else {
            return Err(Error::custom("a value was given before its key"));
        };
        let value = value.serialize(ToNodes::new(self.nodes));
        let value = value.map_err(|error| error.under(PathSegment::from(&key)))?;
        self.done.push(Entry { key, value });
        Ok(())
    }

    pub(super) fn finish(self) -> NodeId {
        self.nodes[self.id.0] = Node::Array(without_duplicates(self.done));
        self.variant.unwrap_or(self.id)
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let key = key.serialize(ToKey)?;
        self.put_key(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value)
    }

    fn end(self) -> Result<NodeId> {
        Ok(self.finish())
    }
}

impl SerializeStruct for Entries<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        self.name(name);
        self.value(value)
    }

    fn end(self) -> Result<NodeId> {
        Ok(self.finish())
    }
}

impl SerializeStructVariant for Entries<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        SerializeStruct::serialize_field(self, name, value)
    }

    fn end(self) -> Result<NodeId> {
        Ok(self.finish())
    }
}

/// A list whose elements are being added.
pub(super) struct Elements<'n> {
    entries: Entries<'n>,
    next: i64,
}

impl<'n> Elements<'n> {
    pub(super) fn new(to: ToNodes<'n>) -> Self {
        let entries = Entries::new(to);
        Self { entries, next: 0 }
    }

    pub(super) fn inside(outer: Entries<'n>) -> Self {
        let entries = Entries::inside(outer);
        Self { entries, next: 0 }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.entries.put_key(Key::Int(self.next));
        self.next += 1;
        self.entries.value(value)
    }
}

macro_rules! lists {
    ($($access:ident $method:ident;)*) => {$(
        impl $access for Elements<'_> {
            type Ok = NodeId;
            type Error = SerializeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            fn end(self) -> Result<NodeId> {
                Ok(self.entries.finish())
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}
