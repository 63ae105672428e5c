//! What an object's bytes say of its encoding.
//!
//! The object is UTF-8 if all of it is, or but for some damage. Otherwise Mozilla's detector is asked, which knows the
//! encodings of all the world and how their languages look. It is CP932 if the detector says so; or if the object is too
//! short for that, and reads as common Japanese in CP932. All else is refused, for what is garbled is not noticed later.
//!
//! Only lines that are not ASCII say anything.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, SHIFT_JIS};

use crate::ImportError;
use crate::encoding::Charset;

/// How much of a line is looked at together, and of all lines the detector is shown. It reads some 30 MB a second.
const LONGEST_LINE: usize = 64 * 1024;
const ENOUGH: usize = 512 * 1024;

const ESCAPE: u8 = 0x1b;

/// What was read so far.
#[derive(Default)]
pub(crate) struct Evidence {
    /// The line that was begun.
    line: Vec<u8>,
    /// Where it begins.
    offset: u64,
    lines: u64,
    /// The first byte that is not ASCII: its offset, and the line it is in.
    first: Option<(u64, u64)>,
    /// The first byte that is not UTF-8, or the first escape.
    place: Option<(u64, u64)>,
    utf8: Utf8,
    cp932: Cp932,
    /// Has seen the lines that are not UTF-8.
    all: Detector,
    /// Has seen those of them that are CP932 from end to end.
    clean: Detector,
}

impl Evidence {
    /// Reads on.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = LONGEST_LINE - self.line.len();
            let within = &bytes[..bytes.len().min(room)];
            let end = memchr::memchr(b'\n', within).map(|at| at + 1);
            let (piece, rest) = bytes.split_at(end.unwrap_or(within.len()));
            bytes = rest;
            if end.is_some() && self.line.is_empty() {
                self.look_at(piece);
                continue;
            }
            self.line.extend_from_slice(piece);
            if end.is_some() {
                self.look_at_line(self.line.len());
            } else if self.line.len() == LONGEST_LINE {
                // Behind a byte that is never part of a longer character.
                let is_apart = |byte: &u8| *byte < 0x40;
                let apart = self.line.iter().rposition(is_apart);
                self.look_at_line(apart.map_or(LONGEST_LINE, |at| at + 1));
            }
        }
    }

    /// Which of the two it is.
    pub(crate) fn decide(mut self) -> Result<Charset, ImportError> {
        self.look_at_line(self.line.len());
        if self.utf8.damages == 0 {
            // Escapes are control characters like others beside text in UTF-8.
            let is_iso_2022_jp = self.utf8.has_none() && self.all.guess() == ISO_2022_JP;
            return match () {
                () if is_iso_2022_jp => self.neither(Some(ISO_2022_JP)),
                () if self.utf8.is_accident() => self.neither(None),
                () => Ok(Charset::Utf8),
            };
        }
        if self.utf8.outweighs_its_damages() {
            return Ok(Charset::Utf8);
        }
        let all = self.all.guess();
        if !self.utf8.is_in_doubt() && self.cp932.is_likely(all, &mut self.clean) {
            return Ok(Charset::Cp932);
        }
        self.neither((all != SHIFT_JIS).then_some(all))
    }

    fn neither(&self, looks: Option<&'static Encoding>) -> Result<Charset, ImportError> {
        let looks = looks.map(Encoding::name);
        let (offset, line) = self.place.or(self.first).unwrap_or_default();
        Err(ImportError::Charset {
            offset,
            line,
            looks,
        })
    }

    fn look_at_line(&mut self, length: usize) {
        let mut line = std::mem::take(&mut self.line);
        self.look_at(&line[..length]);
        line.drain(..length);
        self.line = line;
    }

    fn look_at(&mut self, line: &[u8]) {
        if !line.is_ascii() {
            self.look_closely(line);
        } else if !self.all.has_seen_enough()
            && let Some(escape) = memchr::memchr(ESCAPE, line)
        {
            self.place.get_or_insert(self.place_of(escape));
            self.all.show(line);
        }
        self.offset += line.len() as u64;
        self.lines += u64::from(line.ends_with(b"\n"));
    }

    fn look_closely(&mut self, line: &[u8]) {
        if self.first.is_none() {
            let at = line.iter().position(|byte| !byte.is_ascii());
            self.first = at.map(|at| self.place_of(at));
        }
        match std::str::from_utf8(line) {
            Ok(text) => self.utf8.read(text),
            Err(_) if self.all.has_seen_enough() => {}
            Err(error) => {
                self.place.get_or_insert(self.place_of(error.valid_up_to()));
                self.all.show(line);
                let rare = self.cp932.rare;
                let is_whole = self.cp932.read(line);
                if is_whole {
                    self.clean.show(line);
                }
                let is_common = is_whole && self.cp932.rare == rare;
                self.utf8.read_damaged(line, is_common);
            }
        }
    }

    fn place_of(&self, at: usize) -> (u64, u64) {
        (self.offset + at as u64, self.lines + 1)
    }
}

/// The object as UTF-8.
#[derive(Default)]
struct Utf8 {
    /// Characters of three bytes and more: what Japanese is written in.
    wide: u64,
    /// Those in lines that are UTF-8 from end to end.
    wide_in_whole: u64,
    /// Characters of two bytes.
    narrow: u64,
    /// A character of two bytes stands beside a letter or a digit, or among others.
    is_in_words: bool,
    damages: u64,
    /// A line has so much of both that it may have been UTF-8.
    is_torn: bool,
}

impl Utf8 {
    fn read(&mut self, line: &str) {
        let before = self.wide;
        self.read_characters(line);
        self.wide_in_whole += self.wide - before;
    }

    fn read_characters(&mut self, text: &str) {
        let leads = |least: u8, most: u8| {
            let is_lead = |byte: &&u8| (least..=most).contains(*byte);
            text.as_bytes().iter().filter(is_lead).count() as u64
        };
        self.wide += leads(0xe0, 0xf4);
        if self.wide == 0 && !self.is_in_words {
            self.is_in_words = has_words(text);
        }
        self.narrow += leads(0xc2, 0xdf);
    }

    /// `is_common`: it is common Japanese in CP932.
    fn read_damaged(&mut self, line: &[u8], is_common: bool) {
        let (wide, narrow, damages) = (self.wide, self.narrow, self.damages);
        for chunk in line.utf8_chunks() {
            self.read_characters(chunk.valid());
            self.damages += u64::from(!chunk.invalid().is_empty());
        }
        let (wide, narrow) = (self.wide - wide, self.narrow - narrow);
        let damages = self.damages - damages;
        let has_much = 4 * wide > damages && (damages > 1 || !is_common);
        self.is_torn |= wide > 0 && (has_much || wide + narrow > damages);
    }

    fn has_none(&self) -> bool {
        self.wide + self.narrow == 0
    }

    /// Whether it is UTF-8 by chance: a kanji of EUC-JP in three is, 有 and 村 among them, or a letter of Thai.
    fn is_accident(&self) -> bool {
        self.wide == 0 && self.narrow > 0 && !self.is_in_words
    }

    /// Whether there is more of it than any other encoding comes to by chance.
    fn outweighs_its_damages(&self) -> bool {
        self.wide_in_whole >= 2 * self.damages
            || self.wide >= 3 * self.damages
            || self.narrow + self.wide >= 20 * self.damages
    }

    /// Whether there is more of it than in another encoding, though not enough to be believed. One bad byte damages it three
    /// times at most.
    fn is_in_doubt(&self) -> bool {
        4 * self.wide_in_whole > self.damages || self.is_torn && self.damages < 4
    }
}

/// Whether characters beyond ASCII stand where writing has them: beside letters and digits, or three together.
fn has_words(text: &str) -> bool {
    let mut run = 0;
    let mut before = ' ';
    text.chars().chain([' ']).any(|character| {
        let is_ascii = character.is_ascii();
        run = if is_ascii { 0 } else { run + 1 };
        let is_edge = is_ascii != before.is_ascii();
        let beside = if is_ascii { character } else { before };
        before = character;
        run >= 3 || is_edge && beside.is_ascii_alphanumeric()
    })
}

/// What EUC-JP writes before each katakana of half width.
const EUC_KANA: u8 = 0x8e;

/// The object as CP932, Microsoft's `Shift_JIS`.
#[derive(Default)]
struct Cp932 {
    whole_lines: u64,
    damaged_lines: u64,
    /// Kana and the kanji that are in use, of two bytes; and ﾀﾞ, which is no chance, as ｱﾞ would be.
    common: u64,
    /// Other kanji, and what is not written so.
    rare: u64,
    /// Has characters that are none by chance: two katakana of half width, or one of two bytes that may not be a Latin letter
    /// with an accent and its neighbour.
    is_solid: bool,
}

impl Cp932 {
    /// Answers whether the line is CP932 from end to end.
    fn read(&mut self, line: &[u8]) -> bool {
        let decoded = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(line);
        // What nobody but one company knows is no text.
        let is_private = |character| matches!(character, '\u{e000}'..='\u{f8ff}');
        if decoded.is_none_or(|text| text.contains(is_private)) {
            self.damaged_lines += 1;
            return false;
        }
        self.whole_lines += 1;
        let mut before = 0_u8;
        let mut bytes = line.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                0xa1..=0xdf => self.read_half(before, byte),
                0x80.. => {
                    let trail = bytes.next().unwrap_or_default();
                    let after = bytes.peek().copied().unwrap_or_default();
                    self.read_pair(before, [byte, trail], after);
                }
                _ => {}
            }
            before = byte;
        }
        true
    }

    fn read_half(&mut self, before: u8, kana: u8) {
        self.is_solid |= matches!(before, 0xa1..=0xdf);
        match (before, kana) {
            (0xb3 | 0xb6..=0xc4 | 0xca..=0xce, 0xde) | (0xca..=0xce, 0xdf) => self.common += 1,
            (_, 0xa1 | 0xa4 | 0xde | 0xdf) => self.rare += 1,
            _ => {}
        }
    }

    fn read_pair(&mut self, before: u8, pair: [u8; 2], after: u8) {
        let is_beside_letter = before.is_ascii_alphabetic() || after.is_ascii_alphabetic();
        let may_be_latin = pair[1].is_ascii_alphabetic() && is_beside_letter;
        self.is_solid |= pair[0] != EUC_KANA && !may_be_latin;
        match pair {
            // Punctuation, and what NEC and IBM added to the kanji, as 髙.
            [0x81 | 0xed | 0xee | 0xfa | 0xfb, _] => {}
            [0x82 | 0x83 | 0x87..=0x97, _] | [0x98, ..=0x72] if !may_be_latin => self.common += 1,
            _ => self.rare += 1,
        }
    }

    fn is_common(&self) -> bool {
        self.common > 8 * self.rare
    }

    /// `looks`: what all lines look like to the detector. One of four may be damaged.
    fn is_likely(&self, looks: &'static Encoding, clean: &mut Detector) -> bool {
        if !self.is_solid || 3 * self.damaged_lines > self.whole_lines {
            return false;
        }
        // Of a word or two it knows little, unless it is told that they are Japanese.
        let is_clean = clean.guess() == SHIFT_JIS;
        let is_japanese = || self.is_common() && clean.guess_in_japan() == SHIFT_JIS;
        match looks {
            looks if looks == SHIFT_JIS => true,
            looks if looks.is_single_byte() => is_clean || is_japanese(),
            // With a bad byte it is anything.
            _ => self.damaged_lines > 0 && is_clean && self.is_common(),
        }
    }
}

/// Mozilla's detector.
struct Detector {
    detector: EncodingDetector,
    shown: usize,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            detector: EncodingDetector::new(Iso2022JpDetection::Allow),
            shown: 0,
        }
    }
}

impl Detector {
    fn show(&mut self, line: &[u8]) {
        self.detector.feed(line, false);
        self.shown += line.len();
    }

    fn has_seen_enough(&self) -> bool {
        self.shown >= ENOUGH
    }

    fn guess(&mut self) -> &'static Encoding {
        self.detector.feed(b"", true);
        self.detector.guess(None, Utf8Detection::Deny)
    }

    fn guess_in_japan(&self) -> &'static Encoding {
        self.detector.guess(Some(b"jp"), Utf8Detection::Deny)
    }
}
