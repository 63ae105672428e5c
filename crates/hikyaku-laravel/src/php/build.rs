//! Values made in Rust: scalars, arrays, cases of enums, and objects whose properties state their visibility.

use std::borrow::Cow;

use super::bytes::Bytes;
use super::document::{Document, Entry, Node, without_duplicates};
use super::key::Key;
use super::property::{Visibility, mangle};
use super::scan::name;

/// A PHP value cannot be built or changed that way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A class or case name with other characters than PHP allows.
    #[error("`{name}` is not a name of a php class or case")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// PHP cannot read such a property: a public name must not begin with NUL, another must not be empty or hold NUL.
    #[error("`{}` is not a name a php property of this visibility can have", name.escape_debug())]
    InvalidProperty {
        /// The name.
        name: String,
    },
    /// A property was set on a value that is neither an object nor an array.
    #[error("only arrays and objects have `{}`, and the value is neither", name.escape_debug())]
    NoProperties {
        /// The name.
        name: String,
    },
    /// Something that only arrays have was asked of another value.
    #[error("the value is not an array")]
    NotAnArray,
    /// The array holds the greatest key already.
    #[error("the array has no next key: its greatest is 9223372036854775807")]
    NoNextKey,
}

impl<'a> Document<'a> {
    /// `null`
    pub fn null() -> Self {
        Self::of(Node::Null)
    }

    /// An array with the keys 0, 1, 2, …
    pub fn list<V: Into<Document<'a>>>(elements: impl IntoIterator<Item = V>) -> Self {
        let entries = (0..).map(Key::Int).zip(elements);
        Self::array(entries)
    }

    /// An array. Keys become what PHP makes of them: `"5"` is 5, and a repeated key gets its last value.
    pub fn array<K: Into<Key<'a>>, V: Into<Document<'a>>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let mut document = Self::of(Node::Array(Vec::new()));
        let entries = entries.into_iter().map(|(key, value)| Entry {
            key: key.into().normalised(),
            value: document.append(value.into()),
        });
        let entries = without_duplicates(entries.collect());
        document.nodes[0] = Node::Array(entries);
        document
    }

    /// A case of an enum, by the names of both. Every mention of a case is one object to PHP.
    pub fn enum_case(
        class: impl Into<Cow<'a, str>>,
        case: impl Into<Cow<'a, str>>,
    ) -> Result<Self, BuildError> {
        Ok(Self::of(Node::Enum {
            class: checked(class.into())?,
            case: checked(case.into())?,
        }))
    }
}

/// An object of a class that PHP knows, property by property.
///
/// Visibility must be that of the class's declaration: Laravel's `SerializesModels` ignores a value under another one
/// without a word. (PHP's own `unserialize()` forgives it where the class declares the property itself.)
#[derive(Debug, Clone)]
pub struct ObjectBuilder<'a> {
    document: Document<'a>,
    class: Cow<'a, str>,
    entries: Vec<Entry<'a>>,
    error: Option<BuildError>,
}

impl<'a> ObjectBuilder<'a> {
    /// An object without properties. The class is its full name, without a leading `\`.
    pub fn new(class: impl Into<Cow<'a, str>>) -> Self {
        let (class, error) = match checked(class.into()) {
            Ok(class) => (class, None),
            Err(error) => (Cow::Borrowed(""), Some(error)),
        };
        Self {
            document: Document::null(),
            class,
            entries: Vec::new(),
            error,
        }
    }

    /// Adds a public property.
    #[must_use]
    pub fn public(self, name: &str, value: impl Into<Document<'a>>) -> Self {
        self.property(Visibility::Public, name, value)
    }

    /// Adds a protected property.
    #[must_use]
    pub fn protected(self, name: &str, value: impl Into<Document<'a>>) -> Self {
        self.property(Visibility::Protected, name, value)
    }

    /// Adds a private property of the class that declares it, which may be a parent of the object's.
    #[must_use]
    pub fn private(self, class: &str, name: &str, value: impl Into<Document<'a>>) -> Self {
        let class = class.as_bytes();
        self.property(Visibility::Private { class }, name, value)
    }

    /// Adds a property.
    #[must_use]
    pub fn property(
        mut self,
        visibility: Visibility<'_>,
        name: &str,
        value: impl Into<Document<'a>>,
    ) -> Self {
        match mangle(visibility, name) {
            Ok(key) => {
                let key = Key::Bytes(Cow::Owned(key));
                let value = self.document.append(value.into());
                self.entries.push(Entry { key, value });
            }
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// The object, or what was wrong with the first wrong name.
    pub fn build(self) -> Result<Document<'a>, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut document = self.document;
        document.nodes[0] = Node::Object {
            class: self.class,
            entries: without_duplicates(self.entries),
        };
        Ok(document)
    }
}

pub(super) fn checked(text: Cow<'_, str>) -> Result<Cow<'_, str>, BuildError> {
    if name(text.as_bytes()).is_none() {
        let name = text.into_owned();
        return Err(BuildError::InvalidName { name });
    }
    Ok(text)
}

macro_rules! scalars {
    ($($type:ty: $value:ident => $node:expr;)*) => {$(
        impl<'a> From<$type> for Document<'a> {
            fn from($value: $type) -> Self {
                Self::of($node)
            }
        }
    )*};
}

scalars! {
    bool: value => Node::Bool(value);
    i8: value => Node::Int(value.into());
    i16: value => Node::Int(value.into());
    i32: value => Node::Int(value.into());
    i64: value => Node::Int(value);
    u8: value => Node::Int(value.into());
    u16: value => Node::Int(value.into());
    u32: value => Node::Int(value.into());
    f64: value => Node::Float(value);
    &'a str: value => Node::Bytes(Cow::Borrowed(value.as_bytes()));
    String: value => Node::Bytes(Cow::Owned(value.into_bytes()));
    &'a [u8]: value => Node::Bytes(Cow::Borrowed(value));
    Bytes: value => Node::Bytes(Cow::Owned(value.0));
}

impl<'a, T: Into<Document<'a>>> From<Option<T>> for Document<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::null, Into::into)
    }
}

impl From<i64> for Key<'_> {
    fn from(key: i64) -> Self {
        Key::Int(key)
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(key: &'a str) -> Self {
        Key::Bytes(Cow::Borrowed(key.as_bytes()))
    }
}

impl From<String> for Key<'_> {
    fn from(key: String) -> Self {
        Key::Bytes(Cow::Owned(key.into_bytes()))
    }
}
