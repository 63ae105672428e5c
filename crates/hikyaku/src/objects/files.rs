//! Local files, and where their symbolic links lead.

use std::ffi::OsStr;
use std::io::{Error, ErrorKind};
use std::path::{Path as FilePath, PathBuf};

use object_store::path::Path;

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
