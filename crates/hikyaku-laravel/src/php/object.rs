//! Objects and cases of enums with the name of their PHP class, for serde in both directions.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::marker;

/// A PHP object: its class, and its properties in a type of yours.
///
/// Read, it tells the class. Written, it makes an object of it, whose properties are the fields of `T`: a field named
/// `name` is public, one named `"\0*\0name"` protected, one named `"\0Class\0name"` private. In other formats it is what
/// `T` is; from those it cannot be read, for they have no class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T> {
    /// The class, by its full name without a leading `\`.
    pub class: String,
    /// The properties.
    pub properties: T,
}

impl<T: Serialize> Serialize for Object<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_object(&self.class, &self.properties, serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserialize_object(deserializer)? {
            Classed::Object(class, properties) => Ok(Self { class, properties }),
            Classed::Value(IgnoredAny) => Err(D::Error::custom("the value is not a php object")),
        }
    }
}

/// Writes an object to PHP, and its properties alone to all other formats.
pub(crate) fn serialize_object<T: Serialize + ?Sized, S: Serializer>(
    class: &str,
    properties: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(
        marker::OBJECT,
        &Marked {
            class,
            php: properties,
            other: properties,
        },
    )
}

/// Writes an object to PHP, and something else to all other formats.
pub(crate) fn serialize_object_or<T: Serialize, U: Serialize, S: Serializer>(
    class: &str,
    properties: T,
    other: U,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(
        marker::OBJECT,
        &Marked {
            class,
            php: &properties,
            other: &other,
        },
    )
}

/// Reads an object and its class, or a value without a class.
pub(crate) fn deserialize_object<'de, O, V, D>(deserializer: D) -> Result<Classed<O, V>, D::Error>
where
    O: Deserialize<'de>,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let parts = ClassAnd(PhantomData);
    deserializer.deserialize_newtype_struct(marker::OBJECT, parts)
}

/// What was read where PHP may have an object.
pub(crate) enum Classed<O, V> {
    /// The object's class and what became of its properties.
    Object(String, O),
    /// What became of another value.
    Value(V),
}

/// A class and what belongs to it, for PHP; what other formats get.
struct Marked<'a, T: ?Sized, U: ?Sized> {
    class: &'a str,
    php: &'a T,
    other: &'a U,
}

impl<T: Serialize + ?Sized, U: Serialize + ?Sized> Serialize for Marked<'_, T, U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.other.serialize(serializer);
        }
        let mut parts = serializer.serialize_tuple(2)?;
        parts.serialize_element(self.class)?;
        parts.serialize_element(self.php)?;
        parts.end()
    }
}

struct ClassAnd<O, V>(PhantomData<(O, V)>);

impl<'de, O: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for ClassAnd<O, V> {
    type Value = Classed<O, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a php object")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        V::deserialize(deserializer).map(Classed::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("a php object has a class and properties");
        let class = parts.next_element()?.ok_or_else(missing)?;
        let object = parts.next_element()?.ok_or_else(missing)?;
        Ok(Classed::Object(class, object))
    }
}

/// A case of a PHP enum: the enum's class and the case's name. Its backing value is not in the text.
///
/// In other formats it is the case's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnumCase {
    /// The enum, by its full name without a leading `\`.
    pub class: String,
    /// The name of the case.
    pub case: String,
}

impl Serialize for EnumCase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let marked = Marked {
            class: &self.class,
            php: &self.case,
            other: &self.case,
        };
        serializer.serialize_newtype_struct(marker::ENUM, &marked)
    }
}

impl<'de> Deserialize<'de> for EnumCase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = ClassAnd(PhantomData);
        match deserializer.deserialize_newtype_struct(marker::ENUM, parts)? {
            Classed::Object(class, case) => Ok(Self { class, case }),
            Classed::Value(IgnoredAny) => {
                Err(D::Error::custom("the value is not a case of a php enum"))
            }
        }
    }
}

/// Writes a unit variant as a case of the PHP enum that the Rust enum's serde name says. For
/// `#[serde(serialize_with = "php::as_enum")]`.
///
/// ```
/// use hikyaku_laravel::php;
///
/// #[derive(serde::Serialize)]
/// #[serde(rename = "App\\Enums\\Suit")]
/// enum Suit {
///     Hearts,
/// }
///
/// #[derive(serde::Serialize)]
/// struct Card {
///     #[serde(serialize_with = "php::as_enum")]
///     suit: Suit,
/// }
///
/// let text = php::to_bytes(&Card { suit: Suit::Hearts }).unwrap();
/// assert_eq!(text, br#"a:1:{s:4:"suit";E:21:"App\Enums\Suit:Hearts";}"#);
/// ```
pub fn as_enum<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(marker::ENUM, value)
}
