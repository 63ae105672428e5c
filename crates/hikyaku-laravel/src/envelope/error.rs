//! Why a message body is not an envelope.

use super::unsupported::Unsupported;
use crate::encrypter::DecryptError;
use crate::php::ReadError;

/// A message body is not an envelope.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The body is longer than [`MAX_BODY_BYTES`](super::MAX_BODY_BYTES), or, kept elsewhere, than
    /// [`MAX_STORED_BYTES`](super::MAX_STORED_BYTES).
    #[error("decoding a message body of {length} bytes: at most {limit} are accepted")]
    TooLong {
        /// Bytes in the body.
        length: usize,
        /// The most bytes accepted.
        limit: usize,
    },
    /// The body is not JSON, or has text in it that is not.
    #[error("decoding a message body: it is not json")]
    NotJson(#[source] serde_json::Error),
    /// The body is JSON of another type.
    #[error("decoding a message body: expected a json object, found {found}")]
    NotAnObject {
        /// What was found, in words.
        found: String,
    },
    /// A key that a job cannot do without is missing or null.
    #[error("decoding a message body: key `{key}` is missing, so it is not a job")]
    Missing {
        /// The key, with its parents before a dot.
        key: &'static str,
    },
    /// A key has a value of another type.
    #[error("decoding a message body: key `{key}` must be {expected}, found {found}")]
    WrongType {
        /// The key, with its parents before a dot.
        key: String,
        /// What it should be, in words.
        expected: &'static str,
        /// What was found, in words.
        found: String,
    },
    /// An object job does not say its class, nor can it be read from its command.
    #[error(
        "decoding a message body: `data.commandName` is missing and `data.command` cannot be read"
    )]
    UnreadableCommand(#[source] ReadError),
    /// The body is of a kind that is not supported yet.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

/// The command of a job cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("opening the encrypted command of job `{job}`")]
pub struct OpenError {
    /// The job's name.
    pub job: String,
    /// Why.
    #[source]
    pub source: DecryptError,
}

/// The JSON type of `json` in words; a number with its digits, for its size may be what is wrong.
pub(super) fn describe(json: &str) -> String {
    match json.as_bytes().first() {
        Some(b'"') => "a string".to_owned(),
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "an array".to_owned(),
        Some(b't' | b'f') => "a boolean".to_owned(),
        Some(b'n') => "null".to_owned(),
        _ => format!("the number {}", json.get(..32).unwrap_or(json)),
    }
}
