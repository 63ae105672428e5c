//! Why a body was not found where it is said to be kept.

use crate::php::ReadError;

/// A pointer cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointerError {
    /// A pointer has our prefix, but not the rest of our form.
    #[error(
        "reading the pointer `{key}`: one of hikyaku's is `hikyaku:payloads:<uuid>:<generation>`; its message was \
         changed on the way"
    )]
    Malformed {
        /// What `@pointer` says.
        key: String,
    },
}

/// What was fetched for a pointer is not the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// The body was kept for a limited time, which is over.
    #[error("reading the body kept under `{key}`: it expired at unix time {expires_at}")]
    Expired {
        /// What `@pointer` says.
        key: String,
        /// Unix time in seconds.
        expires_at: i64,
    },
    /// When it expires cannot be read.
    #[error(
        "reading the body kept under `{key}`: its time of expiry is not a number, so laravel did not write it"
    )]
    NoExpiry {
        /// What `@pointer` says.
        key: String,
    },
    /// What is kept is not what `serialize()` writes.
    #[error(
        "reading the body kept under `{key}`: it is not a serialized value; if the store is set to encrypt or compress, \
         set it not to"
    )]
    Unreadable {
        /// What `@pointer` says.
        key: String,
        /// What is wrong, and where.
        #[source]
        source: ReadError,
    },
    /// What is kept is not text.
    #[error("reading the body kept under `{key}`: there is something else than text")]
    NotABody {
        /// What `@pointer` says.
        key: String,
    },
}
