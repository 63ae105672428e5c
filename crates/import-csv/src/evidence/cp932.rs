//! The object as CP932, Microsoft's `Shift_JIS`.

use super::{COMMON_KANJI, DAMAGED, KANA, RARE_KANJI, SYMBOL, VENDOR, WIDE};

/// Katakana of half width come in words: the first of them is a surprise.
const WORD: u64 = 6;

/// Reads byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Cp932 {
    lead: Option<u8>,
    /// The byte before a lead.
    before: u8,
    /// The katakana of half width that came just before.
    kana: Option<u8>,
    surprise: u64,
}

impl Cp932 {
    /// Whether a character is not complete.
    pub(crate) fn step(&mut self, byte: u8, before: u8) -> bool {
        if let Some(lead) = self.lead.take() {
            let pair = of_pair(lead, byte);
            self.surprise += pair.unwrap_or(DAMAGED);
            if pair.is_some() {
                self.surprise += self.among_letters(byte);
                self.surprise -= in_ascii(byte).min(self.surprise);
                return false;
            }
        }
        match byte {
            0xa1..=0xdf => {
                self.surprise += of_kana(self.kana, byte);
                self.kana = Some(byte);
                return false;
            }
            0x81..=0x9f | 0xe0..=0xfc => (self.lead, self.before) = (Some(byte), before),
            0..=0x7f => {}
            _ => self.surprise += DAMAGED,
        }
        self.kana = None;
        self.lead.is_some()
    }

    /// A Latin letter with an accent is among letters; a kanji between two small letters is rare.
    fn among_letters(&self, trail: u8) -> u64 {
        if self.before.is_ascii_lowercase() && trail.is_ascii_lowercase() {
            4
        } else {
            0
        }
    }

    pub(crate) fn surprise(&self) -> u64 {
        self.surprise + if self.lead.is_some() { DAMAGED } else { 0 }
    }
}

/// What a trail byte would be worth as a character of its own, as which all other encodings have to explain it.
fn in_ascii(trail: u8) -> u64 {
    match trail {
        b'a'..=b'z' | b'A'..=b'Z' => 4,
        0x40..=0x7e => 8,
        _ => 0,
    }
}

/// None where the two are no character.
fn of_pair(lead: u8, trail: u8) -> Option<u64> {
    if !matches!(trail, 0x40..=0x7e | 0x80..=0xfc) {
        return None;
    }
    match (lead, trail) {
        (0x81, _) => Some(SYMBOL),
        (0x82, 0x4f..=0x9a) => Some(WIDE),
        (0x82, 0x9f..=0xf1) | (0x83, 0x40..=0x96) => Some(KANA),
        (0x88, 0x9f..) | (0x89..=0x97, _) | (0x98, ..=0x72) => Some(COMMON_KANJI),
        (0x98, 0x9f..) | (0x99..=0x9f | 0xe0..=0xe9, _) | (0xea, ..=0xa4) => Some(RARE_KANJI),
        // Greek, Cyrillic, lines; ① and ㈱; 髙 and 﨑.
        (0x83, 0x9f..=0xd6)
        | (0x84, 0x40..=0xbe)
        | (0x87, 0x40..=0x9c)
        | (0xed | 0xee | 0xfa | 0xfb, _)
        | (0xfc, ..=0x4b) => Some(VENDOR),
        // Characters that a company made for itself.
        (0xf0..=0xf9, _) => Some(22),
        _ => None,
    }
}

fn of_kana(before: Option<u8>, kana: u8) -> u64 {
    let Some(before) = before else {
        return WORD
            + match kana {
                0xa6..=0xab | 0xb0 | 0xdd => 12,
                0xa1..=0xaf | 0xde | 0xdf => 14,
                _ => 6,
            };
    };
    match kana {
        // ﾞ and ﾟ
        0xde if matches!(before, 0xb3 | 0xb6..=0xc4 | 0xca..=0xce) => 2,
        0xdf if matches!(before, 0xca..=0xce) => 2,
        0xde | 0xdf => 14,
        // ｡ ｢ ｣ ､ ･
        0xa1..=0xa5 => 9,
        // ー ｱ ｲ ｳ ｵ ｶ ｷ ｸ ｺ ｻ ｼ ｽ ﾀ ﾁ ﾄ ﾅ ﾏ ﾐ ﾔ ﾗ ﾘ ﾙ ﾝ
        0xb0..=0xb3
        | 0xb5..=0xb8
        | 0xba..=0xbd
        | 0xc0
        | 0xc1
        | 0xc4
        | 0xc5
        | 0xcf
        | 0xd0
        | 0xd4
        | 0xd7..=0xd9
        | 0xdd => 5,
        // Small ones, and ｦ ｴ ｹ ｾ ｿ ﾂ ﾃ ﾆ ﾇ ﾈ ﾉ ﾊ ﾋ ﾌ ﾍ ﾎ ﾑ ﾒ ﾓ ﾕ ﾖ ﾚ ﾛ ﾜ.
        _ => 7,
    }
}
