//! Laravel's collections.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::php::{Classed, Key, deserialize_object, serialize_object_or};

/// The class of collections, unless another is named.
const CLASS: &str = "Illuminate\\Support\\Collection";

/// An `Illuminate\Support\Collection`, or one of a class made from it, such as Eloquent's: an array with its order and
/// its keys.
///
/// It fills from the object, from a PHP array and from JSON, and is written as the object to PHP and as a list or an
/// object to JSON. Inside a `#[serde(flatten)]` or `untagged` type serde does not pass the class on, and the object
/// looks like a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection<T> {
    class: Option<String>,
    items: Vec<(CollectionKey, T)>,
}

/// A key in a collection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollectionKey {
    /// An integer.
    Int(i64),
    /// A text that does not look like an integer.
    Text(String),
}

impl<T> Collection<T> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The class PHP named; none for a plain array and for a collection made in Rust.
    pub fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// This collection with another class, such as `Illuminate\Database\Eloquent\Collection`.
    #[must_use]
    pub fn with_class(self, class: impl Into<String>) -> Self {
        let class = Some(class.into());
        Self { class, ..self }
    }

    /// Whether the keys are 0, 1, 2, … in order. After PHP's `filter()` they mostly are not.
    pub fn is_list(&self) -> bool {
        let mut keys = (0..).zip(&self.items);
        keys.all(|(index, (key, _))| *key == CollectionKey::Int(index))
    }

    /// The items in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    /// The items in order, without their keys.
    pub fn into_values(self) -> Vec<T> {
        self.items.into_iter().map(|(_, item)| item).collect()
    }

    /// The keys and items in order.
    pub fn entries(&self) -> &[(CollectionKey, T)] {
        &self.items
    }

    /// The item under a key.
    pub fn get(&self, key: impl Into<CollectionKey>) -> Option<&T> {
        let key = key.into();
        let mut items = self.items.iter();
        items.find_map(|(at, item)| (*at == key).then_some(item))
    }
}

impl From<i64> for CollectionKey {
    fn from(key: i64) -> Self {
        Self::Int(key)
    }
}

/// As PHP's arrays have it: `"5"` is 5.
impl From<String> for CollectionKey {
    fn from(key: String) -> Self {
        match Key::from(key.as_str()).normalised() {
            Key::Int(int) => Self::Int(int),
            Key::Bytes(_) => Self::Text(key),
        }
    }
}

impl From<&str> for CollectionKey {
    fn from(key: &str) -> Self {
        Self::from(key.to_owned())
    }
}

impl fmt::Display for CollectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(key) => key.fmt(f),
            Self::Text(key) => key.fmt(f),
        }
    }
}

/// A list.
impl<T> FromIterator<T> for Collection<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items = (0..).map(CollectionKey::Int).zip(items);
        let items = items.collect();
        Self { class: None, items }
    }
}

impl<T> IntoIterator for Collection<T> {
    type Item = (CollectionKey, T);
    type IntoIter = std::vec::IntoIter<(CollectionKey, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<T: Serialize> Serialize for Collection<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let class = self.class.as_deref().unwrap_or(CLASS);
        serialize_object_or(class, Properties(self), Items(self), serializer)
    }
}

/// Both properties are protected.
struct Properties<'a, T>(&'a Collection<T>);

impl<T: Serialize> Serialize for Properties<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut properties = serializer.serialize_struct("Collection", 2)?;
        properties.serialize_field("\0*\0items", &Items(self.0))?;
        properties.serialize_field("\0*\0escapeWhenCastingToString", &false)?;
        properties.end()
    }
}

struct Items<'a, T>(&'a Collection<T>);

impl<T: Serialize> Serialize for Items<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_list() {
            return serializer.collect_seq(self.0.values());
        }
        let items = self.0.items.iter();
        serializer.collect_map(items.map(|(key, item)| (key.to_string(), item)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Collection<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserialize_object(deserializer)? {
            Classed::Object(class, HasItems { items }) => Self {
                class: Some(class),
                items: items.0,
            },
            Classed::Value(ItemsRead(items)) => Self { class: None, items },
        })
    }
}

#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct HasItems<T> {
    items: ItemsRead<T>,
}

struct ItemsRead<T>(Vec<(CollectionKey, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ItemsRead<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = deserializer.deserialize_any(ItemsVisitor(PhantomData));
        items.map(ItemsRead)
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = Vec<(CollectionKey, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a collection or an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        let mut keys = (0..).map(CollectionKey::Int);
        while let (Some(key), Some(item)) = (keys.next(), elements.next_element()?) {
            items.push((key, item));
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some((key, item)) = entries.next_entry::<String, T>()? {
            items.push((CollectionKey::from(key), item));
        }
        Ok(items)
    }
}
