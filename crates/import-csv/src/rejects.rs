//! What was rejected and why: one object for each chunk that has any.

use std::fmt::Write;

use hikyaku::objects::{Objects, ObjectsConfig, ObjectsError};
use url::Url;

use crate::chunk::Rejected;
use crate::error::ImportError;

/// Writes rejected rows under one prefix, `<prefix>/<job id>/rejected-<chunk>.csv`. The name depends on nothing but
/// the job and the chunk, so a later attempt at the same chunk overwrites the same object.
#[derive(Debug)]
pub struct Rejects {
    objects: Objects,
    prefix: Url,
}

impl Rejects {
    /// Writes under `prefix` and nowhere else, with `config`'s way to reach it.
    ///
    /// # Errors
    /// The prefix is not an `s3://` or `file://` URL that could be used.
    pub fn new(prefix: &Url, mut config: ObjectsConfig) -> Result<Self, ObjectsError> {
        let mut prefix = prefix.clone();
        if !prefix.path().ends_with('/') {
            prefix.set_path(&format!("{}/", prefix.path()));
        }
        config.allowed = vec![prefix.clone()];
        Ok(Self {
            objects: Objects::new(config)?,
            prefix,
        })
    }

    /// What all rejects of a job are under.
    pub(crate) fn of_job(&self, job: &str) -> Url {
        let mut url = self.prefix.clone();
        url.set_path(&format!("{}{}/", self.prefix.path(), folder(job)));
        url
    }

    /// Writes one chunk's rejected rows, before the chunk is committed: there is no count without its rows.
    pub(crate) async fn write(
        &self,
        job: &str,
        chunk: u64,
        header: &[String],
        rejected: &[Rejected],
    ) -> Result<(), ImportError> {
        let mut url = self.of_job(job);
        url.set_path(&format!("{}rejected-{chunk:06}.csv", url.path()));
        let text = render(header, rejected);
        self.objects
            .put(&url, text.into())
            .await
            .map_err(|source| ImportError::Rejects { chunk, source })
    }
}

/// A job id is whatever a producer sent; as a folder it is letters, digits and `-`, the rest written as `_` and hex.
fn folder(job: &str) -> String {
    job.bytes().fold(String::new(), |mut folder, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            folder.push(char::from(byte));
        } else {
            let _ = write!(folder, "_{byte:02x}");
        }
        folder
    })
}

/// UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8.
fn render(header: &[String], rejected: &[Rejected]) -> String {
    let mut text = String::from('\u{feff}');
    line(
        &mut text,
        ["row", "line", "reason"]
            .into_iter()
            .chain(header.iter().map(String::as_str)),
    );
    for Rejected { original, reason } in rejected {
        let (row, place) = (original.row.to_string(), original.line.to_string());
        let (first, fields) = (
            [row.as_str(), place.as_str(), reason.as_str()],
            original.fields(),
        );
        line(
            &mut text,
            first.into_iter().chain(fields.iter().map(String::as_str)),
        );
    }
    text
}

fn line<'a>(text: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        if field.contains(['"', ',', '\r', '\n']) {
            let _ = write!(text, "\"{}\"", field.replace('"', "\"\""));
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}
