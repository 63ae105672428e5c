//! A class and the value of that class, for types that ask for both.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, SeqAccess};

use super::{Cursor, Result};
use crate::php::deserialize_error::DeserializeError;

pub(super) struct Classed<'de, 's> {
    class: Option<&'de str>,
    value: Option<Cursor<'de, 's>>,
}

impl<'de, 's> Classed<'de, 's> {
    pub(super) fn new(class: &'de str, value: Cursor<'de, 's>) -> Self {
        Self {
            class: Some(class),
            value: Some(value),
        }
    }
}

impl<'de> SeqAccess<'de> for Classed<'de, '_> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if let Some(class) = self.class.take() {
            let class: BorrowedStrDeserializer<'de, DeserializeError> =
                BorrowedStrDeserializer::new(class);
            return seed.deserialize(class).map(Some);
        }
        let value = self.value.take();
        value.map(|value| seed.deserialize(value)).transpose()
    }
}
