//! The back for serde: what a Rust value becomes in PHP.

mod entries;
mod key;
mod marked;
mod refuse;

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::Serializer;

use self::entries::{Elements, Entries};
use self::marked::Marked;
use super::document::{Document, Node, NodeId};
use super::marker;
use super::serialize_error::{SerializeError, SerializeProblem};
use super::write::write;

type Result<T> = std::result::Result<T, SerializeError>;

/// Writes a value as PHP `serialize()` text.
///
/// Structs and maps become arrays with string keys, sequences and tuples become lists, unit variants become their names,
/// other variants an array with their name as its key, `None` and `()` null. [`Object`](super::Object),
/// [`EnumCase`](super::EnumCase) and [`as_enum`](super::as_enum) make objects and cases of enums. A key of digits
/// becomes an integer, as PHP's arrays have it. An integer beyond 64 signed bits is an error.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let document = to_document(value)?;
    write(document.root()).map_err(serde::ser::Error::custom)
}

/// Turns a value into a document, by the rules of [`to_bytes`].
pub fn to_document<T: Serialize + ?Sized>(value: &T) -> Result<Document<'static>> {
    let mut nodes = Vec::new();
    value.serialize(ToNodes::new(&mut nodes))?;
    let mut document = Document::null();
    document.nodes = nodes;
    Ok(document)
}

/// Adds a value to a list of nodes: itself first, then what is inside.
struct ToNodes<'n> {
    nodes: &'n mut Vec<Node<'static>>,
    /// Whether the keys are names of properties, which stay strings.
    of_object: bool,
}

impl<'n> ToNodes<'n> {
    fn new(nodes: &'n mut Vec<Node<'static>>) -> Self {
        Self {
            nodes,
            of_object: false,
        }
    }

    fn properties(nodes: &'n mut Vec<Node<'static>>) -> Self {
        Self {
            nodes,
            of_object: true,
        }
    }

    fn push(self, node: Node<'static>) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(node);
        id
    }

    fn integer<I: TryInto<i64>>(self, int: I) -> Result<NodeId> {
        let int = int.try_into();
        let int = int.map_err(|_| SerializeProblem::IntegerOverflow.here())?;
        Ok(self.push(Node::Int(int)))
    }

    fn text(self, text: &str) -> NodeId {
        self.push(Node::Bytes(Cow::Owned(text.as_bytes().to_vec())))
    }

    /// An array with one entry, for variants that hold something.
    fn variant(self, name: &'static str) -> Entries<'n> {
        let mut entries = Entries::new(self);
        entries.name(name);
        entries
    }
}

impl<'n> Serializer for ToNodes<'n> {
    type Ok = NodeId;
    type Error = SerializeError;
    type SerializeSeq = Elements<'n>;
    type SerializeTuple = Elements<'n>;
    type SerializeTupleStruct = Elements<'n>;
    type SerializeTupleVariant = Elements<'n>;
    type SerializeMap = Entries<'n>;
    type SerializeStruct = Entries<'n>;
    type SerializeStructVariant = Entries<'n>;

    fn serialize_bool(self, bool: bool) -> Result<NodeId> {
        Ok(self.push(Node::Bool(bool)))
    }

    fn serialize_i8(self, int: i8) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_i16(self, int: i16) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_i32(self, int: i32) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_i64(self, int: i64) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_i128(self, int: i128) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_u8(self, int: u8) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_u16(self, int: u16) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_u32(self, int: u32) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_u64(self, int: u64) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_u128(self, int: u128) -> Result<NodeId> {
        self.integer(int)
    }

    fn serialize_f32(self, float: f32) -> Result<NodeId> {
        Ok(self.push(Node::Float(float.into())))
    }

    fn serialize_f64(self, float: f64) -> Result<NodeId> {
        Ok(self.push(Node::Float(float)))
    }

    fn serialize_char(self, char: char) -> Result<NodeId> {
        Ok(self.text(char.encode_utf8(&mut [0; 4])))
    }

    fn serialize_str(self, text: &str) -> Result<NodeId> {
        Ok(self.text(text))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<NodeId> {
        Ok(self.push(Node::Bytes(Cow::Owned(bytes.to_vec()))))
    }

    fn serialize_none(self) -> Result<NodeId> {
        Ok(self.push(Node::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<NodeId> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<NodeId> {
        Ok(self.push(Node::Null))
    }

    /// A struct without fields has an array without entries: that is what fills one.
    fn serialize_unit_struct(self, _name: &'static str) -> Result<NodeId> {
        Ok(self.push(Node::Array(Vec::new())))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<NodeId> {
        Ok(self.text(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<NodeId> {
        match name {
            marker::OBJECT => value.serialize(Marked::object(self.nodes)),
            marker::ENUM => value.serialize(Marked::case(self.nodes)),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<NodeId> {
        let mut entries = self.variant(variant);
        entries.value(value)?;
        Ok(entries.finish())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Elements<'n>> {
        Ok(Elements::new(self))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Elements<'n>> {
        Ok(Elements::new(self))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Elements<'n>> {
        Ok(Elements::new(self))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Elements<'n>> {
        Ok(Elements::inside(self.variant(variant)))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Entries<'n>> {
        Ok(Entries::new(self))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Entries<'n>> {
        Ok(Entries::new(self))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Entries<'n>> {
        Ok(Entries::inside(self.variant(variant)))
    }
}
