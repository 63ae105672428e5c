//! Which characters the bytes mean.
//!
//! Records are split before they are decoded: in both encodings a delimiter, a quote and a line end are never part of
//! another character, so a broken character spoils its own field only, and every record has an exact byte offset.

use std::borrow::Cow;

use encoding_rs::{Encoding as Decoder, SHIFT_JIS, UTF_8};
use serde::{Deserialize, Serialize};

/// What the message says of the object's characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Encoding {
    /// UTF-8 if the object starts with UTF-8's mark, else whatever its bytes speak for: UTF-8, CP932, or neither, and then
    /// it is refused. An object over 64 KiB is read twice for that, the first time without importing anything.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// UTF-8, with or without a mark.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Charset {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "cp932")]
    Cp932,
}

/// Why a field has no text. Its `Display` goes on after the column's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoText {
    #[error("not valid {0}")]
    Invalid(&'static str),
    #[error("UTF-8 in an object that is CP932")]
    Mixed,
}

impl Charset {
    fn decoder(self) -> &'static Decoder {
        match self {
            Self::Utf8 => UTF_8,
            Self::Cp932 => SHIFT_JIS,
        }
    }

    /// The field's text.
    pub(crate) fn decode(self, field: &[u8]) -> Result<Cow<'_, str>, NoText> {
        if self == Self::Cp932 && is_kana_or_kanji_in_utf8(field) {
            return Err(NoText::Mixed);
        }
        let name = match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "CP932",
        };
        self.decoder()
            .decode_without_bom_handling_and_without_replacement(field)
            .ok_or(NoText::Invalid(name))
    }

    /// The field's text with a mark in place of what means no character: for people to look at.
    pub(crate) fn decode_for_people(self, field: &[u8]) -> String {
        self.decoder()
            .decode_without_bom_handling(field)
            .0
            .into_owned()
    }
}

/// Nearly every UTF-8 text of Japanese is CP932 as well, and gibberish: lines of two files in one. The reverse is not so.
fn is_kana_or_kanji_in_utf8(field: &[u8]) -> bool {
    !field.is_ascii()
        && std::str::from_utf8(field).is_ok_and(|text| {
            text.chars().any(
                |character| matches!(character, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'),
            )
        })
}
