//! Objects and cases of enums: values that say what PHP class they have.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{Error, Impossible, SerializeTuple, Serializer};

use super::refuse::refuse;
use super::{Result, ToNodes};
use crate::php::build::checked;
use crate::php::document::{Node, NodeId};
use crate::php::serialize_error::{SerializeError, SerializeProblem};

/// Takes the inside of a marked value: a class and what belongs to it.
///
/// It says of itself that people cannot read it, which nothing else in this format does: that is how a type tells that
/// its class is asked for.
pub(super) struct Marked<'n> {
    nodes: &'n mut Vec<Node<'static>>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Object,
    Case,
}

impl<'n> Marked<'n> {
    pub(super) fn object(nodes: &'n mut Vec<Node<'static>>) -> Self {
        let kind = Kind::Object;
        Self { nodes, kind }
    }

    pub(super) fn case(nodes: &'n mut Vec<Node<'static>>) -> Self {
        let kind = Kind::Case;
        Self { nodes, kind }
    }

    #[expect(
        clippy::unused_self,
        reason = "the refusals of all serializers look the same"
    )]
    fn refused(&self) -> SerializeError {
        SerializeProblem::NotAClass.here()
    }
}

fn name(text: &str) -> Result<Cow<'static, str>> {
    let name = checked(Cow::Owned(text.to_owned()));
    name.map_err(|error| SerializeProblem::Invalid(error).here())
}

impl<'n> Serializer for Marked<'n> {
    type Ok = NodeId;
    type Error = SerializeError;
    type SerializeSeq = Impossible<NodeId, SerializeError>;
    type SerializeTuple = Parts<'n>;
    type SerializeTupleStruct = Impossible<NodeId, SerializeError>;
    type SerializeTupleVariant = Impossible<NodeId, SerializeError>;
    type SerializeMap = Impossible<NodeId, SerializeError>;
    type SerializeStruct = Impossible<NodeId, SerializeError>;
    type SerializeStructVariant = Impossible<NodeId, SerializeError>;

    fn is_human_readable(&self) -> bool {
        false
    }

    /// The enum's name is the class.
    fn serialize_unit_variant(
        self,
        class: &'static str,
        _index: u32,
        case: &'static str,
    ) -> Result<NodeId> {
        if self.kind == Kind::Object {
            return Err(self.refused());
        }
        let (class, case) = (name(class)?, name(case)?);
        Ok(ToNodes::new(self.nodes).push(Node::Enum { class, case }))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Parts<'n>> {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node::Null);
        Ok(Parts {
            nodes: self.nodes,
            kind: self.kind,
            id,
            class: None,
        })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<NodeId> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<NodeId> {
        value.serialize(self)
    }

    refuse! { scalars integers texts units containers }
}

/// The class, then the properties or the case.
pub(super) struct Parts<'n> {
    nodes: &'n mut Vec<Node<'static>>,
    kind: Kind,
    id: NodeId,
    class: Option<Cow<'static, str>>,
}

impl SerializeTuple for Parts<'_> {
    type Ok = NodeId;
    type Error = SerializeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let Some(class) = self.class.take() else {
            self.class = Some(text(value)?);
            return Ok(());
        };
        self.nodes[self.id.0] = if self.kind == Kind::Case {
            let case = text(value)?;
            Node::Enum { class, case }
        } else {
            let id = value.serialize(ToNodes::properties(self.nodes))?;
            // The array stays behind empty; nothing points at it.
            let Node::Array(entries) = std::mem::replace(&mut self.nodes[id.0], Node::Null) else {
                return Err(SerializeProblem::NotProperties.here());
            };
            Node::Object { class, entries }
        };
        Ok(())
    }

    fn end(self) -> Result<NodeId> {
        Ok(self.id)
    }
}

fn text<T: Serialize + ?Sized>(value: &T) -> Result<Cow<'static, str>> {
    let mut aside = Vec::new();
    value.serialize(ToNodes::new(&mut aside))?;
    match aside.first() {
        Some(Node::Bytes(bytes)) => name(&String::from_utf8_lossy(bytes)),
        _ => Err(Error::custom(
            "the name of a class or case must be a string",
        )),
    }
}
