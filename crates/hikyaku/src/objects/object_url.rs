//! URLs of objects as messages write them.
//!
//! What stands behind `s3://bucket/` is the key, percent-encoded: a key `a b+c/50%.csv` is written `a%20b+c/50%25.csv`, as
//! PHP's `implode('/', array_map('rawurlencode', explode('/', $key)))` does and JavaScript's `encodeURIComponent` for each
//! segment. `%` has to be encoded, `?` and `#` too; `+` is a plus; every other character may stand as it is.
//!
//! A URL library would take `..` out of a URL, and what is left names another object. So a job reads its URL with
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use url::Url;
//!
//! #[derive(Deserialize, Serialize)]
//! struct Thumbnail {
//!     #[serde(with = "hikyaku::objects::object_url")]
//!     url: Url,
//! }
//! # let read = |url| serde_json::from_str::<Thumbnail>(&format!(r#"{{"url": "{url}"}}"#));
//! # assert!(read("s3://shop/uploads/a.png").is_ok());
//! # assert!(read("s3://shop/uploads/../secret.png").is_err());
//! ```

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use url::Url;

use super::ObjectsError;
use super::location::refuse;

/// Reads a URL, exactly as it stands.
///
/// # Errors
/// It is no URL, or it would be read as another one: it has a `.` or `..` as a segment, however encoded, a `%` without two
/// hexadecimal digits, a control character, or a space at an end.
pub fn parse(text: &str) -> Result<Url, ObjectsError> {
    if text.trim() != text || text.chars().any(char::is_control) {
        return refuse(
            "it has a control character, or a space at its start or end (write it as %20)",
        );
    }
    let path = text.split_once("://").map_or(text, |(_, rest)| rest);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if path.split(['/', '\\']).skip(1).any(is_dots) {
        return refuse("its path has a segment `.` or `..`");
    }
    let mut escapes = path.split('%').skip(1);
    if escapes.any(|rest| !starts_with_two_digits(rest.as_bytes())) {
        return refuse(
            "its path has a % that is not followed by two hexadecimal digits (write a % as %25)",
        );
    }
    Url::parse(text).or_else(|_| refuse("it is no URL: it starts with s3://bucket/ or file:///"))
}

/// For `#[serde(with = "hikyaku::objects::object_url")]`.
///
/// # Errors
/// As [`parse`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// For `#[serde(with = "hikyaku::objects::object_url")]`.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url.as_str())
}

/// `.` or `..`, each dot perhaps as `%2e`, which a URL library takes for a dot.
pub(super) fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

fn starts_with_two_digits(bytes: &[u8]) -> bool {
    matches!(bytes, [first, second, ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit())
}
