//! PHP's `serialize()` format: a reader and a writer of values, and a front for serde.
//!
//! [`parse`] reads text into a [`Document`] without recursion and within [`Limits`]; [`Value`] looks at what is in it,
//! [`ValueMut`] changes it, and [`write()`] gives the bytes PHP would. [`Document::list`], [`ObjectBuilder`] and the like
//! make values in Rust. [`from_bytes`] and [`from_value`] fill types that implement serde's `Deserialize`:
//!
//! * objects and arrays fill structs and maps; the visibility in a property's name is taken off;
//! * an array with the keys 0, 1, 2, … fills sequences too, and an empty array fills a sequence or a map;
//! * a case of an enum fills a unit variant of its name, or a string;
//! * references are followed, wherever they point; a cycle is an error where it is reached.
//!
//! [`to_bytes`] is the way back, from types that implement `Serialize`. [`Object`] and [`EnumCase`] carry the name of a
//! PHP class in both directions.

mod budget;
mod build;
mod bytes;
mod compose;
mod deserialize;
mod deserialize_error;
mod document;
mod edit;
mod inspect;
mod key;
mod limits;
mod marker;
mod number;
mod object;
mod property;
mod read;
mod read_error;
mod scan;
mod serialize;
mod serialize_error;
mod value;
mod write;

#[cfg(test)]
mod deserialize_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod serialize_tests;
#[cfg(test)]
mod write_tests;

pub use build::{BuildError, ObjectBuilder};
pub use bytes::Bytes;
pub use deserialize::{from_bytes, from_value};
pub use deserialize_error::{
    DeserializeError, DeserializeProblem, FromBytesError, Path, PathSegment,
};
pub use document::{Document, ReferenceKind};
pub use edit::ValueMut;
pub use inspect::{Names, to_inspection_json};
pub use key::Key;
pub use limits::Limits;
pub(crate) use object::{Classed, deserialize_object, serialize_object_or};
pub use object::{EnumCase, Object, as_enum};
pub use property::{Property, Visibility};
pub use read::parse;
pub use read_error::{ReadError, ReadProblem};
pub use serialize::{to_bytes, to_document};
pub use serialize_error::{SerializeError, SerializeProblem};
pub use value::{Value, View};
pub use write::{WriteError, write};
