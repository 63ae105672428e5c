//! Changing a value that was read or built.

use std::borrow::Cow;

use super::build::BuildError;
use super::document::{Document, Entry, Node, NodeId};
use super::key::Key;
use super::property::{Visibility, mangle};
use super::value::Value;

impl<'a> Document<'a> {
    /// The outermost value, to be changed.
    pub fn root_mut(&mut self) -> ValueMut<'_, 'a> {
        ValueMut {
            document: self,
            id: NodeId(0),
        }
    }
}

/// A value in a [`Document`] that can be changed.
///
/// All other values stay what they are: an object that was shared with a part taken out lives on where else it is
/// shared. A place that was a PHP reference (`&`) is none any more when it is given another value; the other places of
/// that reference keep theirs.
#[derive(Debug)]
pub struct ValueMut<'d, 'a> {
    document: &'d mut Document<'a>,
    id: NodeId,
}

impl<'d, 'a> ValueMut<'d, 'a> {
    /// Looks at the value.
    pub fn value(&self) -> Value<'_> {
        Value::new(self.document, self.id)
    }

    /// The property or array element that [`Value::get`] shows under this name, to be changed.
    pub fn get(self, name: &str) -> Option<ValueMut<'d, 'a>> {
        let id = self.value().get(name)?.resolved_id();
        Some(ValueMut { id, ..self })
    }

    /// Gives a new value to the property that [`Value::get`] shows under this plain name, whatever its visibility, or
    /// adds a public one. In an array, to the element under this key.
    pub fn set(
        &mut self,
        name: &str,
        value: impl Into<Document<'a>>,
    ) -> Result<&mut Self, BuildError> {
        if matches!(self.node(), Node::Array(_)) {
            return self.set_element(name.to_owned(), value);
        }
        let Some(shown) = self.value().get(name).map(Value::id) else {
            return self.set_as(Visibility::Public, name, value);
        };
        let value = self.document.append(value.into());
        let mut entries = self.entries().into_iter().flatten();
        if let Some(entry) = entries.find(|entry| entry.value == shown) {
            entry.value = value;
        }
        Ok(self)
    }

    /// Gives a value to the property of exactly this visibility, or adds it at the end.
    pub fn set_as(
        &mut self,
        visibility: Visibility<'_>,
        name: &str,
        value: impl Into<Document<'a>>,
    ) -> Result<&mut Self, BuildError> {
        if !matches!(self.node(), Node::Object { .. }) {
            let name = name.to_owned();
            return Err(BuildError::NoProperties { name });
        }
        let key = Key::Bytes(Cow::Owned(mangle(visibility, name)?));
        Ok(self.put(key, value.into()))
    }

    /// Gives a value to the element of an array under this key, or adds it at the end.
    pub fn set_element(
        &mut self,
        key: impl Into<Key<'a>>,
        value: impl Into<Document<'a>>,
    ) -> Result<&mut Self, BuildError> {
        if !matches!(self.node(), Node::Array(_)) {
            return Err(BuildError::NotAnArray);
        }
        Ok(self.put(key.into().normalised(), value.into()))
    }

    /// Adds an element to an array under the key after its greatest integer, as PHP's `[]` does. It looks at every key:
    /// make a long array with [`Document::list`].
    pub fn push(&mut self, value: impl Into<Document<'a>>) -> Result<&mut Self, BuildError> {
        let Node::Array(entries) = self.node() else {
            return Err(BuildError::NotAnArray);
        };
        let integers = entries.iter().filter_map(|entry| match entry.key {
            Key::Int(int) => Some(int),
            Key::Bytes(_) => None,
        });
        let key = match integers.max() {
            // Since PHP 8.3 a negative key is counted on from; before, 0 came next.
            None | Some(i64::MIN..0) => 0,
            Some(greatest) => greatest.checked_add(1).ok_or(BuildError::NoNextKey)?,
        };
        Ok(self.put(Key::Int(key), value.into()))
    }

    /// Takes out the property or array element that [`Value::get`] shows under this name. Tells whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(shown) = self.value().get(name).map(Value::id) else {
            return false;
        };
        let Some(entries) = self.entries() else {
            return false;
        };
        entries.retain(|entry| entry.value != shown);
        true
    }

    fn put(&mut self, key: Key<'a>, value: Document<'a>) -> &mut Self {
        let value = self.document.append(value);
        if let Some(entries) = self.entries() {
            match entries.iter_mut().find(|entry| entry.key == key) {
                Some(entry) => entry.value = value,
                None => entries.push(Entry { key, value }),
            }
        }
        self
    }

    fn node(&self) -> &Node<'a> {
        self.document.node(self.id)
    }

    fn entries(&mut self) -> Option<&mut Vec<Entry<'a>>> {
        match &mut self.document.nodes[self.id.0] {
            Node::Array(entries) | Node::Object { entries, .. } => Some(entries),
            _ => None,
        }
    }
}
