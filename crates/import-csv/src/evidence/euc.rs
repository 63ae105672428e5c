//! The object as EUC-JP, and in passing as its Chinese and Korean relatives.

use super::{COMMON_KANJI, DAMAGED, KANA, RARE_KANJI, SYMBOL, VENDOR, WIDE};

/// The first katakana of half width in a word: they have two bytes here, and hardly anybody uses them.
const HALF_KANA: u64 = 20;

/// Reads byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Euc {
    lead: Option<u8>,
    /// The character is one of JIS X 0212, which has a byte more.
    is_long: bool,
    /// A katakana of half width came just before.
    is_half: bool,
    surprise: u64,
}

impl Euc {
    /// Whether a character is not complete.
    pub(crate) fn step(&mut self, byte: u8) -> bool {
        match (self.lead.take(), byte) {
            (Some(0x8e), 0xa1..=0xdf) => {
                self.surprise += if self.is_half { 8 } else { HALF_KANA };
                self.is_half = true;
                return false;
            }
            (Some(0x8f), 0xa1..=0xfe) => (self.lead, self.is_long) = (Some(byte), true),
            (Some(lead), 0xa1..=0xfe) if lead >= 0xa1 => {
                self.surprise += if self.is_long { 24 } else { of_pair(lead) };
                self.is_long = false;
            }
            (Some(_), _) => {
                self.surprise += DAMAGED;
                self.is_long = false;
                self.begin(byte);
            }
            (None, _) => self.begin(byte),
        }
        self.is_half &= self.lead == Some(0x8e);
        self.lead.is_some()
    }

    fn begin(&mut self, byte: u8) {
        match byte {
            0..=0x7f => {}
            0x8e | 0x8f | 0xa1..=0xfe => self.lead = Some(byte),
            _ => self.surprise += DAMAGED,
        }
    }

    pub(crate) fn surprise(&self) -> u64 {
        self.surprise + if self.lead.is_some() { DAMAGED } else { 0 }
    }
}

fn of_pair(lead: u8) -> u64 {
    match lead {
        0xa4 | 0xa5 => KANA,
        0xa1 | 0xa2 => SYMBOL,
        0xa3 => WIDE,
        0xa6..=0xa8 | 0xad | 0xf9..=0xfc => VENDOR,
        0xb0..=0xcf => COMMON_KANJI,
        0xd0..=0xf4 => RARE_KANJI,
        _ => DAMAGED,
    }
}
