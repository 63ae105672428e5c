//! The front for serde: what a value becomes in the type that asks for it.

mod access;
mod classed;
mod key;

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use self::access::{Elements, Entries};
use self::classed::Classed;
use super::budget::Budget;
use super::deserialize_error::{DeserializeError, DeserializeProblem, FromBytesError};
use super::document::NodeId;
use super::limits::Limits;
use super::marker;
use super::read::parse;
use super::value::{Value, View};

type Result<T> = std::result::Result<T, DeserializeError>;

/// Reads PHP `serialize()` text into a type, within `limits`.
pub fn from_bytes<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    limits: &Limits,
) -> std::result::Result<T, FromBytesError> {
    let document = parse(bytes, limits)?;
    Ok(from_value(document.root())?)
}

/// Fills a type from a value, within the limits of its document.
///
/// A type that takes whatever comes, such as `serde_json::Value`, gets lists as sequences, other arrays and objects as
/// maps, enum cases as strings; a float that is not finite is then an error.
pub fn from_value<'d, T: Deserialize<'d>>(value: Value<'d>) -> Result<T> {
    let budget = Budget::new(&value.document().limits);
    T::deserialize(Cursor::new(value, None, &budget)?)
}

/// A value on its way into a type, and the containers it was reached through.
#[derive(Clone, Copy)]
struct Cursor<'de, 's> {
    value: Value<'de>,
    inside: Option<&'s Open<'s>>,
    budget: &'s Budget,
}

/// A container that is being converted. The chain to the outermost one finds cycles.
#[derive(Clone, Copy)]
struct Open<'s> {
    id: NodeId,
    depth: usize,
    outer: Option<&'s Open<'s>>,
}

impl<'de, 's> Cursor<'de, 's> {
    fn new(value: Value<'de>, inside: Option<&'s Open<'s>>, budget: &'s Budget) -> Result<Self> {
        budget.visit(value)?;
        Ok(Self {
            value,
            inside,
            budget,
        })
    }

    fn open(&self) -> Result<Open<'s>> {
        let id = self.value.resolved_id();
        let mut outer = std::iter::successors(self.inside, |open| open.outer);
        if outer.any(|open| open.id == id) {
            return Err(DeserializeProblem::Cycle.here());
        }
        let depth = self.inside.map_or(1, |open| open.depth + 1);
        let limit = self.value.document().limits.conversion_depth;
        if depth > limit {
            return Err(DeserializeProblem::TooDeep { limit }.here());
        }
        Ok(Open {
            id,
            depth,
            outer: self.inside,
        })
    }

    fn visit_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(Entries::new(self)?)
    }

    fn visit_list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let mut elements = Elements::new(self)?;
        let value = visitor.visit_seq(&mut elements)?;
        elements.finish()?;
        Ok(value)
    }

    fn is_empty(self) -> bool {
        self.value.entries().len() == 0
    }

    fn refuse_custom(class: &str) -> DeserializeError {
        let class = class.to_owned();
        DeserializeProblem::Custom { class }.here()
    }
}

impl<'de> Deserializer<'de> for Cursor<'de, '_> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.view() {
            View::Null => visitor.visit_unit(),
            View::Bool(bool) => visitor.visit_bool(bool),
            View::Int(int) => visitor.visit_i64(int),
            // Passed on, serde_json would make null of it without a word.
            View::Float(float) if !float.is_finite() => {
                Err(DeserializeProblem::NotFinite(float).here())
            }
            View::Float(float) => visitor.visit_f64(float),
            View::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => visitor.visit_borrowed_bytes(bytes),
            },
            View::Array if self.value.is_list() => self.visit_list(visitor),
            View::Array | View::Object { .. } => self.visit_map(visitor),
            View::Enum { case, .. } => visitor.visit_borrowed_str(case),
            View::Custom { class, .. } => Err(Self::refuse_custom(class)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.view() {
            View::Float(float) => visitor.visit_f64(float),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.view() {
            View::Bytes(bytes) if str::from_utf8(bytes).is_err() => {
                Err(DeserializeProblem::NotUtf8.here())
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.view() {
            View::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            View::Custom { data, .. } => visitor.visit_borrowed_bytes(data),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.value.is_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    /// A job without fields may be a unit struct, though PHP writes its framework properties.
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match self.value.view() {
            View::Object { .. } => visitor.visit_unit(),
            View::Array if self.is_empty() => visitor.visit_unit(),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match (name, self.value.view()) {
            (marker::OBJECT, View::Object { class }) | (marker::ENUM, View::Enum { class, .. }) => {
                visitor.visit_seq(Classed::new(class, self))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.view() {
            View::Array if !self.value.is_list() => Err(DeserializeProblem::NotAList.here()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.view() {
            View::Array => self.visit_map(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let name = match self.value.view() {
            View::Enum { case, .. } => case,
            View::Bytes(_) => match self.value.as_str() {
                Some(text) => text,
                None => return Err(DeserializeProblem::NotUtf8.here()),
            },
            // More entries than one would name more variants than one.
            View::Array | View::Object { .. } if self.value.entries().len() == 1 => {
                return visitor.visit_enum(MapAccessDeserializer::new(Entries::new(self)?));
            }
            _ => return self.deserialize_any(visitor),
        };
        visitor.visit_enum(BorrowedStrDeserializer::new(name))
    }

    /// Steps over the value without looking inside: an unknown property may be deep or contain itself.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char unit identifier
    }
}
