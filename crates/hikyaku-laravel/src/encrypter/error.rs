//! Why a text was not decrypted or encrypted. No error holds a key or any of the text.

use super::MAX_BYTES;
use super::cipher::Cipher;

/// A text cannot be decrypted.
///
/// [`DecryptError::Refused`] stands for all that only the key can tell. The others can be told from the text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The text is not what Laravel's encrypter writes.
    #[error("decrypting: the text is not a message of laravel's encrypter: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The text is longer than [`MAX_BYTES`].
    #[error("decrypting: a text of {length} bytes: at most {MAX_BYTES} are accepted")]
    TooLong {
        /// Bytes in the text.
        length: usize,
    },
    /// The message has the form of another mode than the configured cipher's.
    #[error(
        "decrypting: the message has the form of {found}, but the cipher is set to {configured}: set it to what \
         config/app.php of the application says (APP_CIPHER)"
    )]
    OtherCipher {
        /// The cipher with the length of the configured key and the mode of the message.
        found: Cipher,
        /// The configured cipher.
        configured: Cipher,
    },
    /// No key opens the message, or it was changed.
    #[error(
        "decrypting: the message cannot be decrypted with the keys given: it was encrypted with another key \
         (give old ones as previous keys), or it was changed"
    )]
    Refused,
    /// The plaintext is not the serialized object of a job.
    #[error("decrypting: the message was decrypted, but what is inside is not a job")]
    NotACommand,
}

/// A text cannot be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The text is longer than [`MAX_BYTES`].
    #[error("encrypting: a text of {length} bytes: at most {MAX_BYTES} are accepted")]
    TooLong {
        /// Bytes in the text.
        length: usize,
    },
}
