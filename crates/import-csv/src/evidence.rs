//! What an object's bytes say of its encoding.
//!
//! The object is UTF-8 if all of it is. If not, it is UTF-8 or CP932 with some damage, or neither: EUC-JP, Latin-1,
//! another alphabet. Each of these would have to explain the bytes, and what it would say is more or less likely: in
//! Japanese a hiragana is nothing special, two rare kanji in a row are, and a byte that means nothing is most surprising
//! of all. The surprise is summed up in bits over the whole object. CP932 is believed only if it is far less surprising
//! than anything that is not read here; otherwise the object is refused.

mod cp932;
mod euc;
mod single;
mod utf8;

use crate::ImportError;
use crate::encoding::Charset;

use cp932::Cp932;
use euc::Euc;
use single::{Cyrillic, Latin};
use utf8::Utf8;

/// A byte or two that mean nothing.
const DAMAGED: u64 = 32;
/// A kanji among the 2,965 common ones.
const COMMON_KANJI: u64 = 13;
/// A kanji among the 3,390 others.
const RARE_KANJI: u64 = 19;
const KANA: u64 = 7;
const SYMBOL: u64 = 10;
/// A letter or digit of full width.
const WIDE: u64 = 11;
/// A character of NEC's or IBM's, such as 髙 and ①.
const VENDOR: u64 = 14;

/// How much less surprising CP932 has to be than what is refused: it is then 32 times as likely.
const MARGIN: u64 = 5;
/// The same beside damaged UTF-8, if some of its characters are whole: that is what files are today.
const MARGIN_BESIDE_UTF8: u64 = 26;

const ESCAPE: u8 = 0x1b;

/// What was read so far.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    utf8: Utf8,
    cp932: Cp932,
    euc: Euc,
    latin: Latin,
    cyrillic: Cyrillic,
    /// The last bytes, for ISO-2022-JP's escapes.
    last: [u8; 2],
    is_iso_2022_jp: bool,
    /// The characters that just began may go on with an ASCII byte.
    is_open: bool,
    offset: u64,
    lines: u64,
    /// The first byte that is not UTF-8, or ISO-2022-JP's first escape: its offset, and the line it is in.
    place: Option<(u64, u64)>,
}

impl Evidence {
    /// Reads on.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if !self.is_open {
                at += self.skip(&bytes[at..]);
            }
            if let Some(byte) = bytes.get(at) {
                self.step(*byte);
                at += 1;
            }
        }
    }

    /// Which of the two it is.
    pub(crate) fn decide(mut self) -> Result<Charset, ImportError> {
        if self.is_open {
            self.step(b'\n');
        }
        let neither = |seems| {
            let (offset, line) = self.place.unwrap_or((self.offset, self.lines + 1));
            Err(ImportError::Charset {
                offset,
                line,
                seems,
            })
        };
        if self.is_iso_2022_jp && !self.utf8.has_characters() {
            return neither(", but ISO-2022-JP");
        }
        if self.utf8.is_whole() {
            return Ok(Charset::Utf8);
        }
        let (utf8, cp932) = (self.utf8.surprise(), self.cp932.surprise());
        let others = [
            (self.euc.surprise(), ": it seems to be EUC-JP"),
            (
                self.latin.surprise(),
                ": it seems to be Latin-1 or Windows-1252",
            ),
            (self.cyrillic.surprise(), ""),
        ];
        let margin = if self.utf8.has_characters() {
            MARGIN_BESIDE_UTF8
        } else {
            MARGIN
        };
        let (least, seems) = others.into_iter().min().unwrap_or((u64::MAX, ""));
        match () {
            () if utf8 <= cp932 && utf8 <= least => Ok(Charset::Utf8),
            () if cp932 + margin <= utf8 && cp932 + MARGIN <= least => Ok(Charset::Cp932),
            () if cp932 < least => neither(" beyond doubt"),
            () => neither(seems),
        }
    }

    /// Steps over ASCII, which says nothing; how many bytes it is.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        let plain = bytes
            .iter()
            .position(|byte| !byte.is_ascii() || *byte == ESCAPE)
            .unwrap_or(bytes.len());
        let plain = &bytes[..plain];
        if self.place.is_none() {
            let lines: usize = plain.iter().map(|byte| usize::from(*byte == b'\n')).sum();
            self.lines += lines as u64;
        }
        let last = &plain[plain.len().saturating_sub(2)..];
        for byte in last {
            self.remember(*byte);
        }
        self.offset += plain.len() as u64;
        plain.len()
    }

    fn step(&mut self, byte: u8) {
        let before = self.last[1];
        if let Some(earlier) = self.utf8.step(byte) {
            self.note_place(earlier);
        }
        let waits = [
            self.cp932.step(byte, before),
            self.euc.step(byte),
            self.latin.step(byte, before),
            self.cyrillic.step(byte),
            self.utf8.waits(),
            byte == ESCAPE || (before == ESCAPE && b"$(".contains(&byte)),
        ];
        self.is_open = waits.contains(&true);
        if is_escape(self.last, byte) {
            self.is_iso_2022_jp = true;
            self.note_place(2);
        }
        self.lines += u64::from(byte == b'\n' && self.place.is_none());
        self.remember(byte);
        self.offset += 1;
    }

    fn note_place(&mut self, earlier: u64) {
        let place = (self.offset - earlier, self.lines + 1);
        self.place.get_or_insert(place);
    }

    fn remember(&mut self, byte: u8) {
        self.last = [self.last[1], byte];
    }
}

/// Whether `byte` is the last one of an escape to JIS X 0208, or to JIS X 0201's letters or katakana (RFC 1468).
fn is_escape(before: [u8; 2], byte: u8) -> bool {
    matches!(
        (before, byte),
        ([ESCAPE, b'$'], b'@' | b'B') | ([ESCAPE, b'('], b'J' | b'I')
    )
}
