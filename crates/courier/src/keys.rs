//! The keys that both sides know, and what is signed with them.
//!
//! A request is signed with every key, and an answer counts that any of them signed. So a key is changed in three steps
//! without a pause, whichever side is first: add the new one on both sides, take the old one away on both sides.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A key is at least this long: `hikyaku:install` makes 64 characters.
const SHORTEST_KEY: usize = 32;

/// The keys, the newest first.
#[derive(Clone)]
pub struct Keys(Vec<Vec<u8>>);

/// A text is no key.
#[derive(Debug, thiserror::Error)]
#[error("a key has at least 32 characters: `php artisan hikyaku:install` makes one")]
pub struct NotAKey;

impl Keys {
    /// Reads one key, or several separated by commas.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let keys: Vec<Vec<u8>> = text
            .split(',')
            .map(|key| key.trim().as_bytes().to_vec())
            .filter(|key| !key.is_empty())
            .collect();
        let all_long = keys.iter().all(|key| key.len() >= SHORTEST_KEY);
        if keys.is_empty() || !all_long {
            return Err(NotAKey);
        }
        Ok(Self(keys))
    }

    /// A text's signatures, one for each key, in hexadecimal, separated by commas.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signatures: Vec<_> = self.0.iter().map(|key| hex(&mac(key, text))).collect();
        signatures.join(",")
    }

    /// Whether one of the keys has signed the text. In constant time for each pair of key and signature.
    pub(crate) fn have_signed(&self, text: &str, signatures: &str) -> bool {
        self.0.iter().any(|key| {
            let expected = hex(&mac(key, text));
            signatures
                .split(',')
                .any(|signature| bool::from(signature.as_bytes().ct_eq(expected.as_bytes())))
        })
    }
}

/// What a request's signature covers.
pub(crate) fn request_text(path: &str, time: u64, ask: &str, body: &[u8]) -> String {
    format!(
        "hikyaku-1\nPOST\n{path}\n{time}\n{ask}\n{}",
        hex(&Sha256::digest(body))
    )
}

/// What an answer's signature covers.
pub(crate) fn answer_text(nonce: &str, body: &[u8]) -> String {
    format!("hikyaku-1 answer\n{nonce}\n{}", hex(&Sha256::digest(body)))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length will do for HMAC (RFC 2104).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keys({})", self.0.len())
    }
}
