//! What a queue message says: Laravel's wire formats and PHP `serialize()`, without any I/O.
//!
//! * [`Envelope`] decodes a message body, keeps its exact text, and fills a job's own type with its payload;
//! * [`failed`] has the records that `php artisan queue:failed` and `queue:retry` read;
//! * [`php`] reads and writes the text of PHP's `serialize()`;
//! * [`types`] has what jobs of Laravel carry: models, dates, collections.

pub mod envelope;
pub mod failed;
pub mod php;
mod redact;
pub mod types;

#[cfg(test)]
mod fixtures_tests;

pub use envelope::{Envelope, EnvelopeError, Kind, PayloadError, Tries, Unsupported};

/// The examples in the README are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
