//! Local files, and where their symbolic links lead.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};

use bytes::Bytes;
use futures_util::{Stream, stream};
use object_store::path::Path;
use tokio::task::spawn_blocking;

use super::ObjectsError;
use super::location::Location;

/// The file that `location` leads to, if following every link still ends under `prefix`.
pub(super) fn confine(location: &Location, prefix: &Location) -> Result<Path, ObjectsError> {
    let broken = |error: Error| match error.kind() {
        ErrorKind::NotFound => ObjectsError::NotFound {
            place: location.place.to_string(),
        },
        kind => ObjectsError::Store {
            action: "find",
            place: location.place.to_string(),
            cause: kind.to_string(),
        },
    };
    let (root, file) = (
        resolve(&absolute(prefix)).map_err(broken)?,
        resolve(&absolute(location)).map_err(broken)?,
    );
    if !file.starts_with(&root) {
        return Err(ObjectsError::NotAllowed);
    }
    // A pipe or a device would never end.
    if file.exists() && !file.is_file() {
        return Err(ObjectsError::Url {
            reason: "it names something that is not a regular file",
        });
    }
    Path::from_absolute_path(&file).map_err(|_| ObjectsError::Url {
        reason: "its path cannot be a file's",
    })
}

/// How much of a file is read at once. Each piece is handed over from another thread: the store's own 8 KiB would cost more
/// for that than for the reading.
const PIECE: u64 = 256 * 1024;

/// The bytes of `range`.
pub(super) fn pieces(file: File, range: Range<u64>) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::try_unfold((file, range), |(mut file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let read = spawn_blocking(move || {
            let end = range.end.min(range.start + PIECE);
            let mut piece = vec![0; usize::try_from(end - range.start).unwrap_or(0)];
            file.seek(SeekFrom::Start(range.start))?;
            file.read_exact(&mut piece)?;
            Ok(Some((Bytes::from(piece), (file, end..range.end))))
        });
        read.await
            .unwrap_or_else(|stopped| Err(Error::other(stopped)))
    })
}

fn absolute(location: &Location) -> PathBuf {
    FilePath::new("/").join(location.path.as_ref())
}

/// `path` without links. What does not exist yet is kept as it is, below the part that does.
fn resolve(path: &FilePath) -> Result<PathBuf, Error> {
    let mut missing: Vec<&OsStr> = Vec::new();
    let mut existing = path;
    loop {
        match existing.canonicalize() {
            Ok(found) => {
                return Ok(missing
                    .iter()
                    .rev()
                    .fold(found, |path, name| path.join(name)));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else {
                    return Err(error);
                };
                missing.push(name);
                existing = parent;
            }
            Err(error) => return Err(error),
        }
    }
}
