//! Objects by URL: `s3://bucket/key` in the cloud, `file:///path` on a laptop.
//!
//! What a payload names is untrusted, so nothing is read or written that is not under one of the allowed prefixes. See
//! [`ObjectsConfig`] for what is refused.

mod answer;
mod config;
mod error;
mod files;
mod location;
mod object;
pub mod object_url;
mod s3;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore,
    ObjectStoreExt, PutOptions,
};
use url::Url;

pub use answer::Answer;
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

/// What S3 tells whoever fetches an object, beside its bytes. Local files have nothing of the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Headers {
    /// `Content-Type`: what browsers and CDNs take the object for, such as `image/webp`.
    pub content_type: &'static str,
    /// `Cache-Control`: how long browsers and CDNs may keep it, such as `public, max-age=31536000`.
    pub cache_control: Option<String>,
}

impl Headers {
    /// A type, and nothing of caches.
    pub fn of_type(content_type: &'static str) -> Self {
        Self {
            content_type,
            cache_control: None,
        }
    }

    /// With a `Cache-Control`, if there is one.
    #[must_use]
    pub fn cached(self, cache_control: Option<String>) -> Self {
        Self {
            cache_control,
            ..self
        }
    }

    fn attributes(self) -> Attributes {
        let mut attributes = Attributes::from_iter([(Attribute::ContentType, self.content_type)]);
        if let Some(cache_control) = self.cache_control {
            attributes.insert(Attribute::CacheControl, cache_control.into());
        }
        attributes
    }
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
    pub async fn put(&self, url: &Url, bytes: Bytes, headers: Headers) -> Result<(), ObjectsError> {
        let found = self.find(url)?;
        let options = match found.store {
            Store::Files(_) => PutOptions::default(),
            Store::S3(_) => headers.attributes().into(),
        };
        let (path, bytes) = (&found.path, bytes.into());
        let result = found.store.of().put_opts(path, bytes, options).await;
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
        let (info, location) = (ObjectInfo::new(&result.meta), self.location);
        let range = result.range.clone();
        let bytes = match result.payload {
            GetResultPayload::File(file, _) => files::pieces(file, range)
                .map_err(move |error| location.unreadable(&error))
                .boxed(),
            GetResultPayload::Stream(pieces) => pieces
                .map_err(move |error| location.failed("read", &error))
                .boxed(),
        };
        Object { info, bytes }
    }
}

#[cfg(test)]
mod tests;
