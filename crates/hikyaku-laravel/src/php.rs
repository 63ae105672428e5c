//! PHP's `serialize()` format: a reader of values, and a front for serde.
//!
//! [`parse`] reads text into a [`Document`] without recursion and within [`Limits`]; [`Value`] looks at what is in it;
//! [`from_bytes`] and [`from_value`] fill types that implement serde's `Deserialize`:
//!
//! * objects and arrays fill structs and maps; the visibility in a property's name is taken off;
//! * an array with the keys 0, 1, 2, … fills sequences too, and an empty array fills a sequence or a map;
//! * a case of an enum fills a unit variant of its name, or a string;
//! * references are followed, wherever they point; a cycle is an error where it is reached.

mod budget;
mod bytes;
mod deserialize;
mod deserialize_error;
mod document;
mod inspect;
mod limits;
mod property;
mod read;
mod read_error;
mod scan;
mod value;

#[cfg(test)]
mod deserialize_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod read_tests;

pub use bytes::Bytes;
pub use deserialize::{from_bytes, from_value};
pub use deserialize_error::{
    DeserializeError, DeserializeProblem, FromBytesError, Path, PathSegment,
};
pub use document::{Document, Key, ReferenceKind};
pub use inspect::{Names, to_inspection_json};
pub use limits::Limits;
pub use property::{Property, Visibility};
pub use read::parse;
pub use read_error::{ReadError, ReadProblem};
pub use value::{Value, View};
