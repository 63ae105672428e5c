//! The four ciphers.

use std::fmt;
use std::str::FromStr;

use aes::{Aes128, Aes256};
use aes_gcm::aead::{self, Aead};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};

use super::keys::Key;

/// Bytes of a CBC message's initialization vector: a block of AES.
pub(super) const CBC_IV_BYTES: usize = 16;
/// Bytes of a GCM message's initialization vector.
pub(super) const GCM_IV_BYTES: usize = 12;
/// Bytes of a GCM message's tag.
pub(super) const GCM_TAG_BYTES: usize = 16;

/// A cipher Laravel supports. `config/app.php` names it under `cipher`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cipher {
    /// `AES-128-CBC`.
    Aes128Cbc,
    /// `AES-256-CBC`, what Laravel is configured for unless someone changed it.
    #[default]
    Aes256Cbc,
    /// `AES-128-GCM`.
    Aes128Gcm,
    /// `AES-256-GCM`.
    Aes256Gcm,
}

/// How blocks are chained and how a message is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Cbc,
    Gcm,
}

impl Cipher {
    const ALL: [Self; 4] = [
        Self::Aes128Cbc,
        Self::Aes256Cbc,
        Self::Aes128Gcm,
        Self::Aes256Gcm,
    ];

    /// The bytes of a key: 16 or 32.
    pub fn key_length(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
        }
    }

    pub(super) fn mode(self) -> Mode {
        match self {
            Self::Aes128Cbc | Self::Aes256Cbc => Mode::Cbc,
            Self::Aes128Gcm | Self::Aes256Gcm => Mode::Gcm,
        }
    }

    /// The cipher of this mode for keys of the same length.
    pub(super) fn with_mode(self, mode: Mode) -> Self {
        match (self, mode) {
            (Self::Aes128Cbc | Self::Aes128Gcm, Mode::Cbc) => Self::Aes128Cbc,
            (Self::Aes128Cbc | Self::Aes128Gcm, Mode::Gcm) => Self::Aes128Gcm,
            (Self::Aes256Cbc | Self::Aes256Gcm, Mode::Cbc) => Self::Aes256Cbc,
            (Self::Aes256Cbc | Self::Aes256Gcm, Mode::Gcm) => Self::Aes256Gcm,
        }
    }

    /// The cipher of the same mode for keys of this length.
    pub(super) fn with_key_length(self, length: usize) -> Option<Self> {
        let mut ciphers = Self::ALL.into_iter();
        ciphers.find(|other| other.mode() == self.mode() && other.key_length() == length)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "AES-128-CBC",
            Self::Aes256Cbc => "AES-256-CBC",
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
        }
    }
}

impl fmt::Display for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name is none of the ciphers that Laravel supports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a cipher of laravel: choose AES-128-CBC, AES-256-CBC, AES-128-GCM or AES-256-GCM"
)]
pub struct UnknownCipher(String);

/// Reads the name as Laravel does, in any case.
impl FromStr for Cipher {
    type Err = UnknownCipher;

    fn from_str(name: &str) -> Result<Self, UnknownCipher> {
        let mut ciphers = Self::ALL.into_iter();
        let cipher = ciphers.find(|cipher| cipher.name().eq_ignore_ascii_case(name));
        cipher.ok_or_else(|| UnknownCipher(name.to_owned()))
    }
}

pub(super) fn encrypt_cbc(key: &Key, iv: &[u8; CBC_IV_BYTES], plain: &[u8]) -> Vec<u8> {
    match key {
        Key::Bits128(key) => cbc::Encryptor::<Aes128>::new((&**key).into(), iv.into())
            .encrypt_padded_vec::<Pkcs7>(plain),
        Key::Bits256(key) => cbc::Encryptor::<Aes256>::new((&**key).into(), iv.into())
            .encrypt_padded_vec::<Pkcs7>(plain),
    }
}

/// None when the padding is wrong. To be called with authenticated text only, or padding becomes an oracle.
pub(super) fn decrypt_cbc(key: &Key, iv: &[u8; CBC_IV_BYTES], sealed: &[u8]) -> Option<Vec<u8>> {
    let opened = match key {
        Key::Bits128(key) => cbc::Decryptor::<Aes128>::new((&**key).into(), iv.into())
            .decrypt_padded_vec::<Pkcs7>(sealed),
        Key::Bits256(key) => cbc::Decryptor::<Aes256>::new((&**key).into(), iv.into())
            .decrypt_padded_vec::<Pkcs7>(sealed),
    };
    opened.ok()
}

/// The cipher text with its tag behind it. It fails for more than 64 GiB.
pub(super) fn encrypt_gcm(
    key: &Key,
    iv: &[u8; GCM_IV_BYTES],
    plain: &[u8],
) -> Result<Vec<u8>, aead::Error> {
    match key {
        Key::Bits128(key) => Aes128Gcm::new((&**key).into()).encrypt(iv.into(), plain),
        Key::Bits256(key) => Aes256Gcm::new((&**key).into()).encrypt(iv.into(), plain),
    }
}

/// `sealed` has its tag behind it. None when the tag is wrong.
pub(super) fn decrypt_gcm(key: &Key, iv: &[u8; GCM_IV_BYTES], sealed: &[u8]) -> Option<Vec<u8>> {
    let opened = match key {
        Key::Bits128(key) => Aes128Gcm::new((&**key).into()).decrypt(iv.into(), sealed),
        Key::Bits256(key) => Aes256Gcm::new((&**key).into()).decrypt(iv.into(), sealed),
    };
    opened.ok()
}
