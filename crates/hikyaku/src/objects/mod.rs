//! Objects by URL: `s3://bucket/key` in the cloud, `file:///path` on a laptop.
//!
//! What a payload names is untrusted, so nothing is read or written that is not under one of the allowed prefixes. See
//! [`ObjectsConfig`] for what is refused.

mod config;
mod error;
mod files;
mod location;
mod object;
mod s3;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt};
use url::Url;

pub use config::{Credentials, ObjectsConfig};
pub use error::ObjectsError;
pub use object::{Object, ObjectInfo};

use location::{Location, Place};
use s3::Buckets;

/// Reads and writes objects under the allowed prefixes. Clients are made on first use; clone nothing, share it.
#[derive(Debug)]
pub struct Objects {
    allowed: Vec<Location>,
    local_files: bool,
    files: LocalFileSystem,
    buckets: Buckets,
}

/// An object that may be used: where it is, and the store that has it.
struct Found<'a> {
    store: Store<'a>,
    path: Path,
    location: Location,
}

enum Store<'a> {
    Files(&'a LocalFileSystem),
    S3(std::sync::Arc<object_store::aws::AmazonS3>),
}

impl Objects {
    /// Checks the allowed prefixes. Connects to nothing.
    ///
    /// # Errors
    /// An allowed prefix is not an `s3://` or `file://` URL that could be used.
    pub fn new(config: ObjectsConfig) -> Result<Self, ObjectsError> {
        let allowed = config
            .allowed
            .iter()
            .map(Location::of)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            allowed,
            local_files: config.local_files,
            files: LocalFileSystem::new(),
            buckets: Buckets::new(config),
        })
    }

    /// What is known of an object without reading it.
    ///
    /// # Errors
    /// The URL is not allowed, there is no such object, or the store cannot be reached.
    pub async fn head(&self, url: &Url) -> Result<ObjectInfo, ObjectsError> {
        let found = self.find(url)?;
        let meta = found.store.of().head(&found.path).await;
        Ok(ObjectInfo::new(
            &meta.map_err(|error| found.location.failed("read", &error))?,
        ))
    }

    /// Reads an object from its start, in pieces of a few KiB as they arrive.
    ///
    /// # Errors
    /// The URL is not allowed, there is no such object, or the store cannot be reached.
    pub async fn get(&self, url: &Url) -> Result<Object, ObjectsError> {
        let found = self.find(url)?;
        let result = found.get(GetOptions::default()).await?;
        Ok(found.object(result))
    }

    /// Reads on at `offset`, if the object is still the one that `expected` describes.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`ObjectsError::Changed`] for an object that was replaced meanwhile.
    pub async fn get_from(
        &self,
        url: &Url,
        offset: u64,
        expected: &ObjectInfo,
    ) -> Result<Object, ObjectsError> {
        let found = self.find(url)?;
        if offset >= expected.size() {
            return Ok(Object {
                info: expected.clone(),
                bytes: futures_util::stream::empty().boxed(),
            });
        }
        let range = Some(GetRange::Offset(offset));
        let if_match = expected.etag().map(str::to_owned);
        let result = found
            .get(GetOptions {
                range,
                if_match,
                ..GetOptions::default()
            })
            .await?;
        if ObjectInfo::new(&result.meta).version() != expected.version() {
            return Err(ObjectsError::Changed {
                place: found.location.place.to_string(),
            });
        }
        Ok(found.object(result))
    }

    /// Writes an object as a whole, in place of one of the same name.
    ///
    /// # Errors
    /// The URL is not allowed or the store cannot be reached.
    pub async fn put(&self, url: &Url, bytes: Bytes) -> Result<(), ObjectsError> {
        let found = self.find(url)?;
        let result = found.store.of().put(&found.path, bytes.into()).await;
        result
            .map(drop)
            .map_err(|error| found.location.failed("write", &error))
    }

    fn find(&self, url: &Url) -> Result<Found<'_>, ObjectsError> {
        let location = Location::of(url)?;
        location.names_an_object(url)?;
        let prefix = self
            .allowed
            .iter()
            .find(|prefix| location.is_under(prefix))
            .ok_or(ObjectsError::NotAllowed)?;
        match &location.place {
            Place::Files if !self.local_files => Err(ObjectsError::LocalFiles),
            Place::Files => {
                let path = files::confine(&location, prefix)?;
                Ok(Found {
                    store: Store::Files(&self.files),
                    path,
                    location,
                })
            }
            Place::Bucket(bucket) => {
                let store = Store::S3(self.buckets.open(bucket)?);
                Ok(Found {
                    store,
                    path: location.path.clone(),
                    location,
                })
            }
        }
    }
}

impl Store<'_> {
    fn of(&self) -> &dyn ObjectStore {
        match self {
            Self::Files(store) => *store,
            Self::S3(store) => store.as_ref(),
        }
    }
}

impl Found<'_> {
    async fn get(&self, options: GetOptions) -> Result<GetResult, ObjectsError> {
        self.store
            .of()
            .get_opts(&self.path, options)
            .await
            .map_err(|error| self.location.failed("read", &error))
    }

    fn object(self, result: GetResult) -> Object {
        let info = ObjectInfo::new(&result.meta);
        let location = self.location;
        let bytes = result
            .into_stream()
            .map(move |piece| piece.map_err(|error| location.failed("read", &error)));
        Object {
            info,
            bytes: bytes.boxed(),
        }
    }
}

#[cfg(test)]
mod tests;
