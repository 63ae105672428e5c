//! The text that carries a cipher text.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::MAX_BYTES;
use super::cipher::{CBC_IV_BYTES, Cipher, GCM_IV_BYTES, GCM_TAG_BYTES, Mode};
use super::error::DecryptError;
use super::keys::Key;
use crate::hex::lower_hex;

/// Base64 as PHP reads it: padding may be missing.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes in a block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// The four values as they are written, in Laravel's order.
#[derive(Serialize, Deserialize)]
pub(super) struct Message {
    iv: String,
    value: String,
    mac: String,
    #[serde(default)]
    tag: Option<String>,
}

/// A message whose form is that of the configured cipher.
pub(super) enum Sealed<'a> {
    Cbc {
        message: &'a Message,
        iv: [u8; CBC_IV_BYTES],
        value: Vec<u8>,
    },
    Gcm {
        iv: [u8; GCM_IV_BYTES],
        /// With the tag behind it.
        value: Vec<u8>,
    },
}

impl Sealed<'_> {
    fn mode(&self) -> Mode {
        match self {
            Self::Cbc { .. } => Mode::Cbc,
            Self::Gcm { .. } => Mode::Gcm,
        }
    }
}

impl Message {
    pub(super) fn parse(text: &str) -> Result<Self, DecryptError> {
        if text.len() > MAX_BYTES {
            let length = text.len();
            return Err(DecryptError::TooLong { length });
        }
        let json = decode(text, "it is not base64")?;
        let malformed = "it is not json with the strings iv, value, mac and tag";
        serde_json::from_slice(&json).map_err(|_| DecryptError::Malformed { what: malformed })
    }

    pub(super) fn with_mac(iv: &[u8], value: &[u8], key: &Key) -> Self {
        let (iv, value) = (BASE64.encode(iv), BASE64.encode(value));
        let mac = mac(&iv, &value, key);
        let tag = Some(String::new());
        Self {
            iv,
            value,
            mac,
            tag,
        }
    }

    /// `value` has its tag behind it.
    pub(super) fn with_tag(iv: &[u8], value: &[u8]) -> Self {
        let (value, tag) = value.split_at(value.len().saturating_sub(GCM_TAG_BYTES));
        Self {
            iv: BASE64.encode(iv),
            value: BASE64.encode(value),
            mac: String::new(),
            tag: Some(BASE64.encode(tag)),
        }
    }

    pub(super) fn to_text(&self) -> String {
        // A struct of strings always has a JSON text.
        BASE64.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether `mac` was made with this key, in time that does not depend on what differs.
    pub(super) fn is_authentic(&self, key: &Key) -> bool {
        let mac = mac(&self.iv, &self.value, key);
        mac.as_bytes().ct_eq(self.mac.as_bytes()).into()
    }

    /// The message as one of `cipher`, if it has the form of one.
    pub(super) fn sealed(&self, cipher: Cipher) -> Result<Sealed<'_>, DecryptError> {
        let sealed = self.by_its_form()?;
        if sealed.mode() != cipher.mode() {
            return Err(DecryptError::OtherCipher {
                found: cipher.with_mode(sealed.mode()),
                configured: cipher,
            });
        }
        Ok(sealed)
    }

    /// The message as one of the mode that has an iv and a tag of these lengths.
    fn by_its_form(&self) -> Result<Sealed<'_>, DecryptError> {
        let message = self;
        let iv = decode(&self.iv, "its iv is not base64")?;
        let value = decode(&self.value, "its value is not base64")?;
        let tag = self.tag.as_deref().unwrap_or_default();
        let tag = decode(tag, "its tag is not base64")?;
        match (
            <[u8; CBC_IV_BYTES]>::try_from(&*iv),
            <[u8; GCM_IV_BYTES]>::try_from(&*iv),
        ) {
            (Ok(iv), _) if tag.is_empty() => Ok(Sealed::Cbc { message, iv, value }),
            (_, Ok(iv)) if tag.len() == GCM_TAG_BYTES => {
                let value = [value, tag].concat();
                Ok(Sealed::Gcm { iv, value })
            }
            _ => Err(DecryptError::Malformed {
                what: "its iv and tag have not the lengths of a supported cipher",
            }),
        }
    }
}

fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, DecryptError> {
    let decoded = BASE64.decode(text);
    decoded.map_err(|_| DecryptError::Malformed { what })
}

/// The MAC in hexadecimal.
fn mac(iv: &str, value: &str, key: &Key) -> String {
    // A key shorter than a block counts as filled up with zeros (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; BLOCK_BYTES]);
    block[..key.bytes().len()].copy_from_slice(key.bytes());
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(iv.as_bytes());
    mac.update(value.as_bytes());
    lower_hex(&mac.finalize().into_bytes())
}
