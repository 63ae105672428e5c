//! Laravel's encrypter: opens the commands of jobs that implement `ShouldBeEncrypted`, and encrypts what we send on.
//!
//! Source: `Illuminate\Encryption\Encrypter`, Laravel 8 to 13. A message is the base64 of
//! `{"iv":…,"value":…,"mac":…,"tag":…}`, each value base64 again but for `mac`, the hexadecimal HMAC-SHA-256 of `iv` and
//! `value` as they are written. CBC has a `mac` and no `tag`, GCM a `tag` and no `mac`. The plaintext of a command is
//! serialized twice: `s:55:"O:15:…";`.
//!
//! The configured [`Cipher`] decides, as in Laravel: a message whose fields belong to another mode is refused with the
//! name of the setting to change. To accept it would be easy, but what we encrypt under the configured cipher the
//! application could not read.

mod cipher;
mod error;
mod keys;
mod message;

#[cfg(test)]
mod fixtures_tests;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::cipher::{Cipher, UnknownCipher};
use self::cipher::{Mode, decrypt_cbc, decrypt_gcm, encrypt_cbc, encrypt_gcm};
pub use self::error::{DecryptError, EncryptError};
use self::keys::{Key, Keys};
pub use self::keys::{KeyError, KeyName};
use self::message::{Message, Sealed};
use crate::php::{self, Limits};

/// The longest text encrypted or decrypted, in bytes. Far above any message; it bounds what a bad one can cost.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Encrypts and decrypts with the keys of a Laravel application.
///
/// The keys are wiped from memory when it is dropped, and never shown.
#[derive(Clone)]
pub struct Encrypter {
    cipher: Cipher,
    keys: Keys,
}

impl Encrypter {
    /// An encrypter with the key that `APP_KEY` gives and those of `APP_PREVIOUS_KEYS`, a list with commas that may be
    /// empty. A key is `base64:…`, or its own bytes. Each must be as long as `cipher` takes.
    pub fn new(app_key: &str, previous_keys: &str, cipher: Cipher) -> Result<Self, KeyError> {
        let keys = Keys::parse(app_key, previous_keys, cipher)?;
        Ok(Self { cipher, keys })
    }

    /// The cipher it was made for.
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// Decrypts what Laravel's `encrypt` or `encryptString` gave: the serialized value, or the string.
    ///
    /// Every key is tried. An error does not tell a wrong key from a changed message or from wrong padding.
    pub fn decrypt(&self, text: &str) -> Result<Vec<u8>, DecryptError> {
        let message = Message::parse(text)?;
        let sealed = message.sealed(self.cipher)?;
        let opened = self.keys.iter().find_map(|key| open(key, &sealed));
        opened.ok_or(DecryptError::Refused)
    }

    /// Decrypts `data.command` of a job: the serialized object, which may hold bytes that are not UTF-8.
    ///
    /// Laravel serializes the object and then its text again; what was serialized once, as by `encryptString`, is taken
    /// too.
    pub fn decrypt_command(&self, text: &str) -> Result<Vec<u8>, DecryptError> {
        let plain = self.decrypt(text)?;
        if plain.starts_with(b"O:") {
            return Ok(plain);
        }
        let limits = Limits::default().with_input_bytes(plain.len());
        let outer = php::parse(&plain, &limits).map_err(|_| DecryptError::NotACommand)?;
        let command = outer.root().as_bytes();
        let command = command.filter(|command| command.starts_with(b"O:"));
        command.map(<[u8]>::to_vec).ok_or(DecryptError::NotACommand)
    }

    /// Encrypts a string as Laravel's `encryptString` does, with the first key.
    ///
    /// `random` must come from the system's secure generator and be used once: two GCM messages with the same bytes
    /// give the key's secrets away. CBC takes all of it, GCM the first twelve bytes.
    pub fn encrypt(&self, plain: &[u8], random: [u8; 16]) -> Result<String, EncryptError> {
        if plain.len() > MAX_BYTES {
            let length = plain.len();
            return Err(EncryptError::TooLong { length });
        }
        let key = self.keys.current();
        let message = match self.cipher.mode() {
            Mode::Cbc => Message::with_mac(&random, &encrypt_cbc(key, &random, plain), key),
            Mode::Gcm => {
                let [iv @ .., _, _, _, _] = random;
                let length = plain.len();
                let sealed = encrypt_gcm(key, &iv, plain);
                let sealed = sealed.map_err(|_| EncryptError::TooLong { length })?;
                Message::with_tag(&iv, &sealed)
            }
        };
        Ok(message.to_text())
    }

    /// Encrypts the serialized object of a job as `data.command`, which serializes its text once more. See
    /// [`Encrypter::encrypt`] for `random`.
    pub fn encrypt_command(
        &self,
        command: &[u8],
        random: [u8; 16],
    ) -> Result<String, EncryptError> {
        let mut plain = format!("s:{}:\"", command.len()).into_bytes();
        plain.extend_from_slice(command);
        plain.extend_from_slice(b"\";");
        self.encrypt(&plain, random)
    }
}

/// The plaintext, if it was encrypted with this key.
fn open(key: &Key, sealed: &Sealed<'_>) -> Option<Vec<u8>> {
    match sealed {
        Sealed::Cbc { message, .. } if !message.is_authentic(key) => None,
        Sealed::Cbc { iv, value, .. } => decrypt_cbc(key, iv, value),
        Sealed::Gcm { iv, value } => decrypt_gcm(key, iv, value),
    }
}

/// Leaves the keys out.
impl fmt::Debug for Encrypter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypter")
            .field("cipher", &self.cipher)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}
