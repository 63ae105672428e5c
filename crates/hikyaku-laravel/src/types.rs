//! What jobs of Laravel carry besides plain values: models, dates, collections, cases of enums.
//!
//! Each fills from the object PHP wrote and from plain JSON, and is written back as the object PHP expects:
//!
//! ```
//! use hikyaku_laravel::types::{Collection, ModelIdentifier, PhpDateTime};
//!
//! #[derive(serde::Deserialize)]
//! struct Remind {
//!     user: ModelIdentifier,
//!     orders: Collection<u64>,
//!     due: PhpDateTime,
//!     channel: Channel,
//! }
//!
//! /// A PHP enum is read by the names of its cases; its backing values are not in the text.
//! #[derive(serde::Deserialize)]
//! enum Channel {
//!     Mail,
//!     Sms,
//! }
//! ```
//!
//! A case of an enum is written with [`php::EnumCase`](crate::php::EnumCase) or
//! [`php::as_enum`](crate::php::as_enum()), another object with [`php::Object`](crate::php::Object).

mod collection;
mod date_time;
#[cfg(feature = "jiff")]
mod instant;
mod model;
mod values;
mod wall_time;
mod zone;

#[cfg(feature = "jiff")]
#[cfg(test)]
mod instant_tests;
#[cfg(test)]
mod tests;

pub use collection::{Collection, CollectionKey};
pub use date_time::PhpDateTime;
#[cfg(feature = "jiff")]
pub use instant::InstantError;
pub use model::{ModelId, ModelIdentifier, ModelIds};
pub use wall_time::{WallTime, WallTimeError};
pub use zone::{PhpZone, ZoneError};
