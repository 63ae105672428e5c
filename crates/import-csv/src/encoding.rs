//! Which characters the bytes mean.
//!
//! Records are split before they are decoded: in both encodings a comma, a quote and a line end are never part of
//! another character, so a broken character spoils its own field only, and every record has an exact byte offset.

use std::borrow::Cow;

use encoding_rs::{Encoding as Decoder, SHIFT_JIS, UTF_8};
use serde::{Deserialize, Serialize};

use crate::ImportError;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What the message says of the object's characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Encoding {
    /// UTF-8 if it starts with a byte order mark or its first 64 KiB are valid UTF-8, else CP932.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8", alias = "UTF-8", alias = "utf8")]
    Utf8,
    /// CP932, what Japanese Windows calls `Shift_JIS`.
    #[serde(
        rename = "cp932",
        alias = "CP932",
        alias = "shift_jis",
        alias = "sjis",
        alias = "SJIS-win"
    )]
    Cp932,
}

/// How fields are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Cp932,
}

impl Encoding {
    /// The character set, and the length of the mark before the first record.
    pub(crate) fn detect(self, sample: &[u8]) -> Result<(Charset, usize), ImportError> {
        if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
            return Err(ImportError::Utf16);
        }
        let mark = if sample.starts_with(BOM) {
            BOM.len()
        } else {
            0
        };
        let utf8 = match self {
            Self::Utf8 => true,
            Self::Cp932 => false,
            Self::Auto => mark > 0 || is_utf8_so_far(sample),
        };
        Ok(if utf8 {
            (Charset::Utf8, mark)
        } else {
            (Charset::Cp932, 0)
        })
    }
}

/// A character cut off by the end of the sample does not speak against UTF-8.
fn is_utf8_so_far(sample: &[u8]) -> bool {
    std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true)
}

impl Charset {
    fn decoder(self) -> &'static Decoder {
        match self {
            Self::Utf8 => UTF_8,
            Self::Cp932 => SHIFT_JIS,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "CP932",
        }
    }

    /// The field's text, or none if a byte sequence means no character.
    pub(crate) fn decode(self, field: &[u8]) -> Option<Cow<'_, str>> {
        self.decoder()
            .decode_without_bom_handling_and_without_replacement(field)
    }

    /// The field's text with a mark in place of what means no character: for people to look at.
    pub(crate) fn decode_for_people(self, field: &[u8]) -> String {
        self.decoder()
            .decode_without_bom_handling(field)
            .0
            .into_owned()
    }
}
