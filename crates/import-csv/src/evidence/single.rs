//! The object in an encoding of one byte a character: Latin-1 with what Windows added, or another alphabet.

use super::DAMAGED;

/// Latin-1 and Windows-1252, byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Latin {
    /// A byte over ASCII, and the one before it: what it is worth depends on its neighbours.
    waiting: Option<(u8, u8)>,
    opening: u64,
    closing: u64,
    surprise: u64,
}

impl Latin {
    /// Whether a character waits for its neighbour.
    pub(crate) fn step(&mut self, byte: u8, before: u8) -> bool {
        if let Some((before, character)) = self.waiting.take() {
            self.opening += u64::from(character == 0x93);
            self.closing += u64::from(character == 0x94);
            self.surprise += of_character(before, character, byte);
        }
        if !byte.is_ascii() {
            self.waiting = Some((before, byte));
        }
        self.waiting.is_some()
    }

    pub(crate) fn surprise(&self) -> u64 {
        let last = self.waiting.map_or(0, |(before, character)| {
            of_character(before, character, b'\n')
        });
        // A quotation mark alone is an accident.
        self.surprise + last + 8 * self.opening.abs_diff(self.closing)
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || (byte >= 0xc0 && !matches!(byte, 0xd7 | 0xf7))
}

fn of_character(before: u8, character: u8, after: u8) -> u64 {
    let (follows, precedes) = (is_letter(before), is_letter(after));
    match character {
        0x81 | 0x8d | 0x8f | 0x90 | 0x9d => DAMAGED,
        // ’ and the dash between two words.
        0x92 if follows && precedes => 5,
        0x96 | 0x97 if before == b' ' && after == b' ' => 8,
        // “ and ” where they belong.
        0x93 if !follows && precedes => 9,
        0x94 if follows && !precedes => 9,
        // Š Œ Ž š œ ž Ÿ
        0x8a | 0x8c | 0x8e | 0x9a | 0x9c | 0x9e | 0x9f if follows || precedes => 10,
        // € … ‘ ’ • ™ anywhere, and « ° º » at a word.
        0x80 | 0x85 | 0x91 | 0x92 | 0x95 | 0x99 | 0xab | 0xb0 | 0xba | 0xbb => 10,
        // £ © ® ± ½ … at a word, and the rest of Windows's.
        0xa0..=0xbf if follows || precedes => 14,
        0x80..=0x9f => 14,
        // ß à á â ã ä å ç è é ê ë í î ï ñ ó ô õ ö ø ù ú û ü within a word or at its end
        0xdf..=0xe5 | 0xe7..=0xeb | 0xed..=0xef | 0xf1 | 0xf3..=0xf6 | 0xf8..=0xfc if follows => 4,
        0xdf..=0xff if follows || precedes => 7,
        0xc0..=0xde if follows || precedes => 8,
        _ => 10,
    }
}

/// Any alphabet whose letters are the bytes from 0xC0 on, as Cyrillic's are in Windows-1251 and KOI8-R.
#[derive(Debug, Default)]
pub(crate) struct Cyrillic {
    /// How many letters of a word were read.
    letters: u64,
    surprise: u64,
}

impl Cyrillic {
    /// No character waits for another.
    pub(crate) fn step(&mut self, byte: u8) -> bool {
        let is_letter = byte >= 0xc0;
        if !is_letter && self.letters == 1 {
            // A word of one letter, perhaps between Latin ones.
            self.surprise += 6;
        }
        self.surprise += match byte {
            0..=0x7f => 0,
            _ if is_letter && self.letters > 0 => 6,
            _ if is_letter => 9,
            _ => 14,
        };
        self.letters = if is_letter { self.letters + 1 } else { 0 };
        false
    }

    pub(crate) fn surprise(&self) -> u64 {
        self.surprise
    }
}
