//! The serialized object of an object job.

use std::fmt;

use super::error::EnvelopeError;
use crate::encrypter::{DecryptError, Encrypter};
use crate::php::{self, Document, Limits, ReadError};

/// A serialized PHP object, or the cipher text of one and, once it was decrypted, the object beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    text: String,
    decrypted: Option<Vec<u8>>,
}

impl Command {
    pub(super) fn new(text: String) -> Self {
        let decrypted = None;
        Self { text, decrypted }
    }

    /// The text as it was sent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is encrypted: Laravel's `CallQueuedHandler::getCommand` takes all that does not start with
    /// `O:` for cipher text. Cipher text is base64, so that what begins with `C:` is none.
    pub fn is_encrypted(&self) -> bool {
        !self.text.starts_with("O:") && !self.writes_itself()
    }

    /// Whether the object has written itself (PHP's `Serializable`), in a text that only its own class can read.
    pub(super) fn writes_itself(&self) -> bool {
        self.text.starts_with("C:")
    }

    /// The serialized object; none while it is encrypted, and none that has written itself. It may hold bytes that are not UTF-8 when it was.
    pub fn serialized(&self) -> Option<&[u8]> {
        if self.is_encrypted() {
            return self.decrypted.as_deref();
        }
        (!self.writes_itself()).then_some(self.text.as_bytes())
    }

    /// Reads the object; none while it is encrypted.
    pub fn read(&self) -> Option<Result<Document<'_>, ReadError>> {
        let serialized = self.serialized()?;
        let limits = Limits::default();
        // A body that was kept elsewhere may be longer than a message; its own bound holds. Its strings count as values
        // by their length.
        let more = serialized.len().saturating_sub(limits.input_bytes);
        let limits = limits
            .with_input_bytes(limits.input_bytes + more)
            .with_expanded_nodes(limits.expanded_nodes + more / 32);
        Some(php::parse(serialized, &limits))
    }

    /// Decrypts the object if it is encrypted. The text stays what was sent.
    pub(super) fn open(&mut self, encrypter: &Encrypter) -> Result<(), DecryptError> {
        if self.is_encrypted() {
            self.decrypted = Some(encrypter.decrypt_command(&self.text)?);
        }
        Ok(())
    }

    /// The object's class, for a body that does not state it.
    pub(super) fn class(&self) -> Result<String, EnvelopeError> {
        let missing = EnvelopeError::Missing {
            key: "data.commandName",
        };
        let Some(document) = self.read() else {
            return Err(missing);
        };
        let document = document.map_err(EnvelopeError::UnreadableCommand)?;
        let class = document.root().class_name().map(str::to_owned);
        class.ok_or(missing)
    }
}

/// Leaves the text out: it may hold what must not be logged.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("bytes", &self.text.len())
            .field("encrypted", &self.is_encrypted())
            .finish_non_exhaustive()
    }
}
