//! Bodies that are kept elsewhere because they are too long: for a message, or for an item of the failed store.
//!
//! In their place stands a body with [`POINTER`]. Laravel 13.9 and later put the real body in a cache store when
//! `overflow` is enabled for the connection (`Illuminate\Queue\SqsQueue::overflow`); [`dynamodb`] and [`storage`] know
//! how two of its stores keep it. We write pointers of our own, [`OwnPointer`], into rows of the failed store.
//!
//! A fetched body may be a pointer again: `queue:retry` sends our pointer through Laravel's overflow when that is set to
//! `always`.

pub mod dynamodb;
mod error;
mod own;
mod pointer;
pub mod storage;

#[cfg(test)]
mod tests;

pub use self::error::{PointerError, StoredError};
pub use self::own::OwnPointer;
pub use self::pointer::Pointer;

use crate::envelope::MAX_STORED_BYTES;
use crate::php::{self, Limits};

/// The key of a body that holds where the real body is kept.
pub const POINTER: &str = "@pointer";

/// Bytes that `serialize()` puts around a string: `s:`, its length, `:"` and `";`.
const AROUND_A_STRING: usize = 32;

/// The body in a serialized string.
fn body(key: &str, serialized: &[u8]) -> Result<String, StoredError> {
    let key = || key.to_owned();
    let limits = Limits::default().with_input_bytes(MAX_STORED_BYTES + AROUND_A_STRING);
    let document = php::parse(serialized, &limits);
    let document = document.map_err(|source| StoredError::Unreadable { key: key(), source })?;
    let body = document.root().as_str().map(str::to_owned);
    body.ok_or_else(|| StoredError::NotABody { key: key() })
}

/// Refuses what Laravel would take for gone. `now` and `expires_at` are Unix times in seconds.
fn not_expired(key: &str, expires_at: i64, now: i64) -> Result<(), StoredError> {
    if now >= expires_at {
        let key = key.to_owned();
        return Err(StoredError::Expired { key, expires_at });
    }
    Ok(())
}
