//! Why there is nothing to see.

use crate::envelope::{EnvelopeError, OpenError, PayloadError, Unsupported};
use crate::php::DeserializeError;

/// A text cannot be inspected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The text is not a message body.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The keys given do not open the payload.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The serialized object is damaged.
    #[error(transparent)]
    Contents(#[from] Unsupported),
    /// The data of a string job is nested too deeply to be shown.
    #[error(transparent)]
    Data(#[from] PayloadError),
    /// The object is too large or nested too deeply to be shown.
    #[error("showing the payload of job `{job}`")]
    Payload {
        /// The job's name.
        job: String,
        /// Where, and what is too much.
        #[source]
        source: DeserializeError,
    },
}
