//! Laravel's cache in DynamoDB, the driver `dynamodb`, as Laravel 12 and later keep it.
//!
//! Source: `Illuminate\Cache\DynamoDbStore`. The names of the attributes can be configured (`config/cache.php`,
//! `stores.dynamodb.attributes`); these are the ones it has otherwise. An item holds 400 KB, so this store serves only
//! `overflow.always`.

use super::error::StoredError;
use super::{body, not_expired};

/// The partition key (S): what [`item_key`] gives.
pub const KEY: &str = "key";
/// The value (S): a serialized string. A number would be an N, and is never a body.
pub const VALUE: &str = "value";
/// Unix time in seconds (N) at which the item counts as gone. What is kept for ever has one in five years.
pub const EXPIRES_AT: &str = "expires_at";

/// The partition key of the item for a pointer. `prefix` is the store's `prefix`, or `cache.prefix` where it has none.
///
/// Up to Laravel 10 a colon would follow the prefix; overflow is younger.
pub fn item_key(prefix: &str, pointer: &str) -> String {
    format!("{prefix}{pointer}")
}

/// The body in an item that was fetched for `pointer`. `value` and `expires_at` are the texts of the attributes, `now`
/// is Unix time in seconds.
pub fn body_of_item(
    pointer: &str,
    value: &str,
    expires_at: Option<&str>,
    now: i64,
) -> Result<String, StoredError> {
    if let Some(expires_at) = expires_at {
        let expires_at = expires_at.parse().map_err(|_| StoredError::NoExpiry {
            key: pointer.to_owned(),
        })?;
        not_expired(pointer, expires_at, now)?;
    }
    body(pointer, value.as_bytes())
}
