//! What a queue message says: Laravel's wire formats and PHP `serialize()`, without any I/O.
//!
//! * [`Envelope`] decodes a message body, keeps its exact text, and fills a job's own type with its payload;
//! * [`encrypter`] decrypts and encrypts as Laravel does;
//! * [`failed`] has the records that `php artisan queue:failed` and `queue:retry` read;
//! * [`inspect`] shows what is in a message to people;
//! * [`overflow`] finds bodies that are kept elsewhere, for they are too long for a message;
//! * [`php`] reads and writes the text of PHP's `serialize()`;
//! * [`types`] has what jobs of Laravel carry: models, dates, collections.

pub mod batch;
pub mod cache;
pub mod chain;
pub mod duties;
pub mod encrypter;
pub mod envelope;
pub mod failed;
mod hex;
mod identity;
pub mod inspect;
pub mod message;
pub mod overflow;
pub mod php;
mod redact;
pub mod relay;
pub mod types;

#[cfg(test)]
mod fixtures_tests;

pub use duties::Duties;
pub use encrypter::Encrypter;
pub use envelope::{
    Contents, Envelope, EnvelopeError, Kind, OpenError, PayloadError, Tries, Unsupported,
};
pub use identity::{derived_uuid, random_uuid};

/// The examples in the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
