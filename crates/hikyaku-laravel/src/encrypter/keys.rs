//! The application's keys.

use std::fmt;

use base64::Engine as _;
use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::message::BASE64;

const BASE64_PREFIX: &str = "base64:";

/// One key; wiped when dropped.
#[derive(Clone)]
pub(super) enum Key {
    Bits128(Zeroizing<[u8; 16]>),
    Bits256(Zeroizing<[u8; 32]>),
}

impl Key {
    fn of(bytes: &[u8], cipher: Cipher) -> Option<Self> {
        if bytes.len() != cipher.key_length() {
            return None;
        }
        let short = |bytes: [u8; 16]| Self::Bits128(Zeroizing::new(bytes));
        let long = |bytes: [u8; 32]| Self::Bits256(Zeroizing::new(bytes));
        let short = bytes.try_into().map(short);
        short.or_else(|_| bytes.try_into().map(long)).ok()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bits128(key) => &**key,
            Self::Bits256(key) => &**key,
        }
    }
}

/// The current key and those before it.
#[derive(Clone)]
pub(super) struct Keys {
    current: Key,
    previous: Vec<Key>,
}

/// Which of the keys is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    /// `APP_KEY`.
    Current,
    /// The n-th of `APP_PREVIOUS_KEYS`, counted from 1.
    Previous(usize),
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("the application's key (APP_KEY)"),
            Self::Previous(number) => {
                write!(f, "previous key number {number} (APP_PREVIOUS_KEYS)")
            }
        }
    }
}

/// A key cannot be used. No text of it shows the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key.
    #[error("the application's key (APP_KEY) is empty: give the one in the application's .env")]
    Missing,
    /// What follows `base64:` is not base64.
    #[error("{key} starts with base64: but what follows is not base64: copy it again")]
    NotBase64 {
        /// Which key.
        key: KeyName,
    },
    /// The key is not as long as the cipher takes.
    #[error("{key} has {length} bytes, but {cipher} takes {}: {}", cipher.key_length(), advice(*length, *cipher))]
    WrongLength {
        /// Which key.
        key: KeyName,
        /// Bytes in the key.
        length: usize,
        /// The cipher it was given for.
        cipher: Cipher,
    },
}

/// What to do about a key of another length.
fn advice(length: usize, cipher: Cipher) -> String {
    match cipher.with_key_length(length) {
        Some(other) => {
            format!("copy it again, or set the cipher to {other} if the application does")
        }
        None => "copy it again, with base64: before it if the application has it".to_owned(),
    }
}

impl Keys {
    pub(super) fn parse(current: &str, previous: &str, cipher: Cipher) -> Result<Self, KeyError> {
        if current.is_empty() {
            return Err(KeyError::Missing);
        }
        let current = parse(current, KeyName::Current, cipher)?;
        let previous = previous.split(',').map(str::trim);
        let previous = previous.filter(|text| !text.is_empty()).zip(1..);
        let previous = previous.map(|(text, n)| parse(text, KeyName::Previous(n), cipher));
        let previous = previous.collect::<Result<_, _>>()?;
        Ok(Self { current, previous })
    }

    pub(super) fn current(&self) -> &Key {
        &self.current
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    pub(super) fn len(&self) -> usize {
        1 + self.previous.len()
    }
}

fn parse(text: &str, key: KeyName, cipher: Cipher) -> Result<Key, KeyError> {
    let bytes = match text.strip_prefix(BASE64_PREFIX) {
        Some(text) => BASE64
            .decode(text)
            .map_err(|_| KeyError::NotBase64 { key })?,
        None => text.as_bytes().to_vec(),
    };
    let bytes = Zeroizing::new(bytes);
    Key::of(&bytes, cipher).ok_or(KeyError::WrongLength {
        key,
        length: bytes.len(),
        cipher,
    })
}
