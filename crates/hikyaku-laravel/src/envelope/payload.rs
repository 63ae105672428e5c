//! From the envelope to the job's own type.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::Envelope;
use super::contents::{Carried, Contents};
use super::empties::fill;
use super::unsupported::Unsupported;
use crate::php::{self, DeserializeError, ReadError};
use crate::redact::without_values;

/// What serde says of JSON that does not fit, without the values in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonMismatch(String);

/// A payload does not fit the job's type. No text of it holds a value of the payload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The JSON of a string job does not fit.
    #[error("the payload of job `{job}` does not fit its type")]
    Json {
        /// The job's name.
        job: String,
        /// What does not fit, and where.
        #[source]
        source: JsonMismatch,
    },
    /// The properties of an object job do not fit.
    #[error("the properties of job `{job}` do not fit its type")]
    Properties {
        /// The job's name.
        job: String,
        /// What does not fit, and where.
        #[source]
        source: DeserializeError,
    },
    /// The serialized object of an object job is damaged.
    #[error("the serialized object of job `{job}` cannot be read")]
    Unreadable {
        /// The job's name.
        job: String,
        /// What is wrong, and where.
        #[source]
        source: ReadError,
    },
    /// The payload is there, but not in a form that is supported yet.
    #[error(transparent)]
    Unsupported(Unsupported),
}

impl Envelope {
    /// Fills the job's type with the payload, as [`Contents::payload`] does.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        self.contents()?.payload()
    }
}

impl Contents<'_> {
    /// Fills the job's type with the payload: the JSON of a string job, or the properties of an object job under their
    /// plain names.
    ///
    /// In JSON that PHP wrote, `[]` may stand for an empty object; it fills a struct or a map too. Laravel writes the
    /// data of a string job that has none as `""`; that fills what null or an empty object would.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let job = || self.envelope.name().to_owned();
        match &self.carried {
            Carried::Json(data) => json(data).map_err(|error| PayloadError::Json {
                job: job(),
                source: JsonMismatch(without_values(&error.to_string())),
            }),
            Carried::Object(document) => php::from_value(document.root())
                .map_err(|source| PayloadError::Properties { job: job(), source }),
        }
    }
}

/// A damaged object is the payload's fault.
impl From<Unsupported> for PayloadError {
    fn from(unsupported: Unsupported) -> Self {
        match unsupported {
            Unsupported::Unreadable { job, source } => Self::Unreadable { job, source },
            other => Self::Unsupported(other),
        }
    }
}

/// The data as it is; where that fails, as PHP may have meant it. The first error is the one to report.
fn json<T: DeserializeOwned>(data: &RawValue) -> Result<T, serde_json::Error> {
    let error = match serde_json::from_str(data.get()) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let meant = match data.get() {
        "\"\"" => serde_json::from_str("null").or_else(|_| serde_json::from_str("{}")),
        text if text.contains('[') => serde_json::from_str(text).and_then(|json| fill(&json)),
        _ => return Err(error),
    };
    meant.map_err(|_| error)
}
