//! An object that is being read.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::ObjectMeta;

use super::ObjectsError;

/// An object that is being read: what it is, and its bytes as they arrive.
pub struct Object {
    /// Size and version.
    pub info: ObjectInfo,
    /// The bytes, in pieces as the store sends them.
    pub bytes: BoxStream<'static, Result<Bytes, ObjectsError>>,
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Object")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// What is known of an object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    size: u64,
    etag: Option<String>,
    version: String,
}

impl ObjectInfo {
    pub(super) fn new(meta: &ObjectMeta) -> Self {
        let version = meta.e_tag.clone();
        let version = version
            .unwrap_or_else(|| format!("{}-{}", meta.size, meta.last_modified.timestamp_micros()));
        Self {
            size: meta.size,
            etag: meta.e_tag.clone(),
            version,
        }
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// A text that differs when the object's contents do: the store's etag, or else size and time.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}
