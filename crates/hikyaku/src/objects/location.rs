//! A URL taken apart, so that two of them can be compared safely.

use std::fmt;

use object_store::path::{Error, Path};
use url::Url;

use super::ObjectsError;
use super::answer::{Answer, causes, is_unreachable};
use super::object_url::is_dots;

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
        if url.path().split('/').any(is_dots) {
            return refuse("its path has a segment `.` or `..`");
        }
        match Path::from_url_path(url.path()) {
            Ok(path) => Ok(Self { place, path }),
            Err(Error::EmptySegment { .. }) => refuse(
                "its path has an empty segment: a key with // in it, or with / at its start, cannot be used here",
            ),
            Err(Error::NonUnicode { .. }) => refuse("its percent-encoding is not that of UTF-8"),
            Err(_) => refuse("its path has an encoded `.` or `..`, or a control character"),
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
        let answer = match self.place {
            Place::Bucket(_) => Answer::in_error(error, |text| self.without_key(text)),
            Place::Files => None,
        };
        match (error, answer) {
            (Error::NotFound { .. }, None) => ObjectsError::NotFound { place },
            (_, Some(answer)) if answer.code == "NoSuchKey" => ObjectsError::NotFound { place },
            (Error::Precondition { .. } | Error::NotModified { .. }, _) => {
                ObjectsError::Changed { place }
            }
            (_, Some(answer)) => ObjectsError::Refused {
                action,
                place,
                answer,
            },
            (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, None) => {
                ObjectsError::Denied { action, place }
            }
            (error, None) if is_unreachable(error) => ObjectsError::Unreachable {
                action,
                place,
                cause: self.cause(error),
            },
            (error, None) => ObjectsError::Store {
                action,
                place,
                cause: self.cause(error),
            },
        }
    }

    /// A local file's error while it is read.
    pub(super) fn unreadable(&self, error: &std::io::Error) -> ObjectsError {
        ObjectsError::Store {
            action: "read",
            place: self.place.to_string(),
            cause: self.without_key(&error.to_string()),
        }
    }

    /// The innermost cause: the outer ones repeat the address with the key in it.
    fn cause(&self, error: &object_store::Error) -> String {
        let cause = causes(error).last();
        self.without_key(&cause.map(ToString::to_string).unwrap_or_default())
    }

    fn without_key(&self, text: &str) -> String {
        let (mut text, encoded) = (text.to_owned(), self.encoded());
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

pub(super) fn refuse<T>(reason: &'static str) -> Result<T, ObjectsError> {
    Err(ObjectsError::Url { reason })
}
