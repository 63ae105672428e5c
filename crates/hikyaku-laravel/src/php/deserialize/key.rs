//! Keys: names of fields, strings, or integers where a map asks for them.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Result;
use crate::php::deserialize_error::{DeserializeError, DeserializeProblem};
use crate::php::key::Key;

pub(super) struct KeyReader<'de>(pub(super) Key<'de>);

impl<'de> KeyReader<'de> {
    /// The key as text. An integer becomes its digits: derived field names would take it for a field's position.
    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Key::Int(int) => visitor.visit_string(int.to_string()),
            Key::Bytes(Cow::Borrowed(bytes)) => match str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => Err(DeserializeProblem::NotUtf8.here()),
            },
            Key::Bytes(Cow::Owned(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => visitor.visit_string(text),
                Err(_) => Err(DeserializeProblem::NotUtf8.here()),
            },
        }
    }

    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.clone().normalised() {
            Key::Int(int) => visitor.visit_i64(int),
            Key::Bytes(_) => self.text(visitor),
        }
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.text(visitor)
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Key::Bytes(Cow::Borrowed(bytes)) => visitor.visit_borrowed_bytes(bytes),
            Key::Bytes(Cow::Owned(bytes)) => visitor.visit_byte_buf(bytes),
            Key::Int(_) => self.text(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let text = self.0.to_string();
        let text: StrDeserializer<'_, DeserializeError> = text.as_str().into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    /// A type that ignores a key need not be able to read it.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string unit unit_struct seq tuple tuple_struct map struct
    }

    /// A field's name. Bytes that are not UTF-8 name no field, and are passed on so that the field can be ignored.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.0 {
            Key::Bytes(bytes) if str::from_utf8(bytes).is_err() => visitor.visit_bytes(bytes),
            _ => self.text(visitor),
        }
    }
}
