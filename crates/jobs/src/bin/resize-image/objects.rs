//! The object on its way in, the variants on their way out.

use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use hikyaku::JobError;
use hikyaku::objects::{Headers, Objects, ObjectsError};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::plan::File;

/// A variant that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resized {
    /// Where.
    pub(crate) url: Url,
    /// In pixels; smaller than asked for where the image is.
    pub(crate) width: u32,
    /// In pixels.
    pub(crate) height: u32,
    /// The size of the object.
    pub(crate) bytes: usize,
}

/// The object is too large to be looked at.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("fetching the image: it has more than the {limit} bytes RESIZE_MAX_BYTES allows")]
struct TooLarge {
    limit: u64,
}

/// Reads the object, if it has no more than `max_bytes`.
pub(crate) async fn fetch(
    objects: &Objects,
    url: &Url,
    max_bytes: u64,
) -> Result<Vec<u8>, JobError> {
    let mut object = objects.get(url).await.map_err(judge)?;
    // The announced size first, so that nothing is fetched in vain; the real one as well, because it is what counts.
    let mut size = object.info.size();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(max_bytes)).unwrap_or(0));
    while size <= max_bytes {
        let Some(piece) = object.bytes.try_next().await.map_err(judge)? else {
            return Ok(bytes);
        };
        bytes.extend_from_slice(&piece);
        size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    }
    Err(JobError::fail(TooLarge { limit: max_bytes }))
}

/// Writes `files`, all at once.
pub(crate) async fn store(
    objects: &Objects,
    files: Vec<File>,
    cache_control: Option<&str>,
) -> Result<Vec<Resized>, JobError> {
    try_join_all(files.into_iter().map(async |file| {
        let File {
            url,
            format,
            width,
            height,
            bytes,
        } = file;
        let size = bytes.len();
        let headers =
            Headers::of_type(format.content_type()).cached(cache_control.map(str::to_owned));
        objects
            .put(&url, bytes.into(), headers)
            .await
            .map_err(judge)?;
        Ok(Resized {
            url,
            width,
            height,
            bytes: size,
        })
    }))
    .await
}

fn judge(error: ObjectsError) -> JobError {
    if error.is_permanent() {
        JobError::fail(error)
    } else {
        error.into()
    }
}
