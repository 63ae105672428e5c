//! The object as UTF-8.

use super::{COMMON_KANJI, DAMAGED, KANA, SYMBOL, VENDOR, WIDE};

/// Reads byte by byte (RFC 3629, section 4).
#[derive(Debug, Default)]
pub(crate) struct Utf8 {
    /// The first two bytes of the character that is being read.
    start: [u8; 2],
    read: u8,
    length: u8,
    surprise: u64,
    /// How many characters of East Asia were whole.
    characters: u64,
    is_damaged: bool,
    /// How many bytes may still be the rest of a character whose start is damaged.
    rest: u8,
}

impl Utf8 {
    /// If the byte may not stand where it does: how many bytes before it the damage starts.
    pub(crate) fn step(&mut self, byte: u8) -> Option<u64> {
        let read = self.read;
        if read == 0 {
            return (!self.begin(byte)).then_some(0);
        }
        if !self.may_follow(byte) {
            self.damage();
            self.begin(byte);
            return Some(read.into());
        }
        if read == 1 {
            self.start[1] = byte;
        }
        self.read += 1;
        if self.read == self.length {
            self.surprise += self.of_character();
            self.characters += u64::from(self.length == 3);
            self.read = 0;
        }
        None
    }

    fn begin(&mut self, byte: u8) -> bool {
        self.rest = self.rest.saturating_sub(1);
        self.length = match byte {
            0..=0x7f => return true,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => {
                self.damage();
                return false;
            }
        };
        (self.start, self.read) = ([byte, 0], 1);
        true
    }

    fn may_follow(&self, byte: u8) -> bool {
        let least_and_most = match (self.read, self.start[0]) {
            (1, 0xe0) => 0xa0..=0xbf,
            (1, 0xed) => 0x80..=0x9f,
            (1, 0xf0) => 0x90..=0xbf,
            (1, 0xf4) => 0x80..=0x8f,
            _ => 0x80..=0xbf,
        };
        least_and_most.contains(&byte)
    }

    fn of_character(&self) -> u64 {
        match self.start {
            [0xe3, 0x81..=0x83] => KANA,
            [0xe3, 0x80] | [0xe2 | 0xc4..=0xdf, _] => SYMBOL,
            [0xef, 0xbc..=0xbe] => WIDE,
            [0xe3..=0xe9, _] => COMMON_KANJI,
            [0xc2 | 0xc3, _] => 6,
            [0xf0, 0x9f] => VENDOR,
            _ => 20,
        }
    }

    fn damage(&mut self) {
        self.is_damaged = true;
        self.read = 0;
        if self.rest > 0 {
            self.surprise += 4;
        } else {
            self.surprise += DAMAGED;
            // One is taken at once where the damage is found by the byte behind it.
            self.rest = 3;
        }
    }

    /// Whether a character is not complete.
    pub(crate) fn waits(&self) -> bool {
        self.read > 0
    }

    pub(crate) fn is_whole(&self) -> bool {
        !self.is_damaged
    }

    pub(crate) fn has_characters(&self) -> bool {
        self.characters > 0
    }

    pub(crate) fn surprise(&self) -> u64 {
        self.surprise
    }
}
