//! Going through the elements of lists and the entries of maps.

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess};

use super::key::KeyReader;
use super::{Cursor, Open, Result};
use crate::php::budget::Budget;
use crate::php::deserialize_error::{DeserializeError, PathSegment};
use crate::php::key::Key;
use crate::php::value::{Value, View};

/// The elements of a list.
pub(super) struct Elements<'de, 's> {
    list: Value<'de>,
    position: usize,
    open: Open<'s>,
    budget: &'s Budget,
}

impl<'de, 's> Elements<'de, 's> {
    pub(super) fn new(list: Cursor<'de, 's>) -> Result<Self> {
        Ok(Self {
            list: list.value,
            position: 0,
            open: list.open()?,
            budget: list.budget,
        })
    }

    /// A type of fixed length must not lose elements in silence.
    pub(super) fn finish(&self) -> Result<()> {
        let length = self.list.raw_entries().len();
        if self.position < length {
            let expected = format!("a sequence of {}", self.position);
            return Err(Error::invalid_length(length, &expected.as_str()));
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'de, '_> {
    type Error = DeserializeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(entry) = self.list.raw_entries().get(self.position) else {
            return Ok(None);
        };
        self.position += 1;
        let value = self.list.at(entry.value);
        Cursor::new(value, Some(&self.open), self.budget)
            .and_then(|cursor| seed.deserialize(cursor))
            .map(Some)
            .map_err(|error| error.under(PathSegment::from(&entry.key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.raw_entries().len() - self.position)
    }
}

/// The entries of an array, or the properties of an object under their plain names.
pub(super) struct Entries<'de, 's> {
    rest: std::vec::IntoIter<(Key<'de>, Value<'de>)>,
    current: Option<(Key<'de>, Value<'de>)>,
    open: Open<'s>,
    budget: &'s Budget,
}

impl<'de, 's> Entries<'de, 's> {
    pub(super) fn new(map: Cursor<'de, 's>) -> Result<Self> {
        let open = map.open()?;
        let entries: Vec<_> = if matches!(map.value.view(), View::Array) {
            let entries = map.value.entries();
            entries
                .map(|(key, value)| (key.borrowed(), value))
                .collect()
        } else {
            let properties = map.value.properties().into_iter();
            properties
                .map(|property| (property.name, property.value))
                .collect()
        };
        Ok(Self {
            rest: entries.into_iter(),
            current: None,
            open,
            budget: map.budget,
        })
    }
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = DeserializeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.budget.visit_key(&key)?;
        let (key, _) = self.current.insert((key, value));
        seed.deserialize(KeyReader(key.clone()))
            .map(Some)
            .map_err(|error: DeserializeError| error.under(PathSegment::from(&*key)))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let Some((key, value)) = self.current.take() else {
            return Err(Error::custom("a value was asked for before its key"));
        };
        Cursor::new(value, Some(&self.open), self.budget)
            .and_then(|cursor| seed.deserialize(cursor))
            .map_err(|error| error.under(PathSegment::from(&key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
