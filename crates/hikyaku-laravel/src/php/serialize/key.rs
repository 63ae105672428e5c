//! Keys: integers and strings, and what is written like one.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use super::Result;
use super::refuse::refuse;
use crate::php::key::Key;
use crate::php::serialize_error::{SerializeError, SerializeProblem};

pub(super) struct ToKey;

impl ToKey {
    #[expect(
        clippy::unused_self,
        reason = "the refusals of all serializers look the same"
    )]
    fn refused(&self) -> SerializeError {
        SerializeProblem::InvalidKey.here()
    }
}

fn integer<I: TryInto<i64>>(int: I) -> Result<Key<'static>> {
    let int = int.try_into().map(Key::Int);
    int.map_err(|_| SerializeProblem::IntegerOverflow.here())
}

fn text(text: &str) -> Key<'static> {
    Key::Bytes(Cow::Owned(text.as_bytes().to_vec()))
}

macro_rules! integers {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(self, int: $type) -> Result<Self::Ok> {
            integer(int)
        }
    )*};
}

impl Serializer for ToKey {
    type Ok = Key<'static>;
    type Error = SerializeError;
    type SerializeSeq = Impossible<Key<'static>, SerializeError>;
    type SerializeTuple = Impossible<Key<'static>, SerializeError>;
    type SerializeTupleStruct = Impossible<Key<'static>, SerializeError>;
    type SerializeTupleVariant = Impossible<Key<'static>, SerializeError>;
    type SerializeMap = Impossible<Key<'static>, SerializeError>;
    type SerializeStruct = Impossible<Key<'static>, SerializeError>;
    type SerializeStructVariant = Impossible<Key<'static>, SerializeError>;

    integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
    }

    fn serialize_char(self, char: char) -> Result<Self::Ok> {
        Ok(text(char.encode_utf8(&mut [0; 4])))
    }

    fn serialize_str(self, key: &str) -> Result<Self::Ok> {
        Ok(text(key))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Self::Ok> {
        Ok(Key::Bytes(Cow::Owned(bytes.to_vec())))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Self::Ok> {
        Ok(text(variant))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Self::Ok> {
        value.serialize(self)
    }

    refuse! { scalars units containers tuples }
}
