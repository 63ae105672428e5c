//! A URL taken apart, so that two of them can be compared safely.

use std::fmt;

use object_store::path::Path;
use url::Url;

use super::ObjectsError;

/// Where an object, or everything under a prefix, is. The path is percent-decoded and has no `.`, `..` or empty segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) place: Place,
    pub(super) path: Path,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Bucket(String),
    Files,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(bucket) => write!(formatter, "bucket `{bucket}`"),
            Self::Files => formatter.write_str("the local files"),
        }
    }
}

impl Location {
    /// Takes a URL apart, whether it names an object or a prefix.
    pub(super) fn of(url: &Url) -> Result<Self, ObjectsError> {
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it carries a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("it has a query or a fragment (in a key, write ? as %3F and # as %23)");
        }
        let place = match url.scheme() {
            "s3" => Place::Bucket(bucket(url)?),
            "file" if url.host_str().is_none_or(str::is_empty) => Place::Files,
            "file" => return refuse("a file:// URL has no host: it starts with file:///"),
            _ => return refuse("it is neither s3:// nor file://"),
        };
        match Path::from_url_path(url.path()) {
            Ok(path) if !path.as_ref().contains('\0') => Ok(Self { place, path }),
            _ => {
                refuse("its path has a `.`, `..` or empty segment, or a character that no key has")
            }
        }
    }

    /// Whether this is `prefix` or under it, by whole segments: `imports` does not allow `imports-of-others`.
    pub(super) fn is_under(&self, prefix: &Self) -> bool {
        self.place == prefix.place && self.path.prefix_matches(&prefix.path)
    }

    /// A bucket's root or a folder is not an object.
    pub(super) fn names_an_object(&self, url: &Url) -> Result<(), ObjectsError> {
        if self.path.is_root() || url.path().ends_with('/') {
            return refuse("it names a folder, not an object");
        }
        Ok(())
    }

    /// The store's error in our words, without the key that a payload named.
    pub(super) fn failed(&self, action: &'static str, error: &object_store::Error) -> ObjectsError {
        use object_store::Error;
        let place = self.place.to_string();
        match error {
            Error::NotFound { .. } => ObjectsError::NotFound { place },
            Error::Precondition { .. } | Error::NotModified { .. } => {
                ObjectsError::Changed { place }
            }
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                ObjectsError::Denied { action, place }
            }
            error => ObjectsError::Store {
                action,
                place,
                cause: self.without_key(error),
            },
        }
    }

    /// The innermost cause: the outer ones repeat the address with the key in it.
    fn without_key(&self, error: &object_store::Error) -> String {
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let (mut text, encoded) = (cause.to_string(), self.encoded());
        for key in [self.path.as_ref(), encoded.as_str()] {
            if !key.is_empty() {
                text = text.replace(key, "<key>");
            }
        }
        text
    }

    fn encoded(&self) -> String {
        // A URL's own path encoding is what the store's address shows.
        Url::parse("file:///").map_or_else(
            |_| String::new(),
            |mut url| {
                url.set_path(self.path.as_ref());
                url.path().trim_start_matches('/').to_owned()
            },
        )
    }
}

/// S3's own rule for names, as far as it keeps a name from being anything else in an address.
fn bucket(url: &Url) -> Result<String, ObjectsError> {
    let name = url.host_str().unwrap_or_default();
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
    if url.port().is_some() || !plain || !(3..=63).contains(&name.len()) || name.contains("..") {
        return refuse("an s3:// URL starts with the bucket's name: s3://bucket/key");
    }
    Ok(name.to_owned())
}

fn refuse<T>(reason: &'static str) -> Result<T, ObjectsError> {
    Err(ObjectsError::Url { reason })
}
