//! Laravel's cache on a disk of its filesystem, such as S3: the driver `storage` (since Laravel 13.10).
//!
//! Source: `Illuminate\Cache\StorageStore`.

use sha1::{Digest, Sha1};

use super::error::StoredError;
use super::{body, not_expired};
use crate::hex::lower_hex;

/// Digits of the Unix time with which the content of an object begins. What is kept for ever has 9999999999.
const EXPIRY_DIGITS: usize = 10;

/// The path of the object for a pointer, without a slash at its ends, below the root of the disk.
///
/// `directory` is the `path` of the store in `config/cache.php`; `prefix` is its `prefix`, or `cache.prefix` where it has none.
pub fn object_path(directory: &str, prefix: &str, pointer: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(prefix);
    hash.update(pointer);
    let hash = lower_hex(&hash.finalize());
    let directory = directory.trim_matches('/');
    let path = format!("{directory}/{}/{}/{hash}", &hash[..2], &hash[2..4]);
    path.trim_start_matches('/').to_owned()
}

/// The body in an object that was fetched for `pointer`. `now` is Unix time in seconds.
pub fn body_of_object(pointer: &str, content: &[u8], now: i64) -> Result<String, StoredError> {
    let (expires_at, serialized) = content
        .split_at_checked(EXPIRY_DIGITS)
        .and_then(|(digits, rest)| Some((unix_time(digits)?, rest)))
        .ok_or_else(|| StoredError::NoExpiry {
            key: pointer.to_owned(),
        })?;
    not_expired(pointer, expires_at, now)?;
    body(pointer, serialized)
}

fn unix_time(digits: &[u8]) -> Option<i64> {
    let digits = str::from_utf8(digits).ok()?;
    let digits = Some(digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits?.parse().ok()
}
