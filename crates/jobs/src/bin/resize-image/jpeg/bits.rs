//! Bits of compressed data, up to the next marker.

use super::Fault;

/// Where the data is read.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The bits that were fetched, the next one at the top.
    buffer: u64,
    fetched: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            fetched: 0,
        }
    }

    /// The next 16 bits, and how many bits there are: at least 32 where the data goes on. What is not there is zero.
    #[inline]
    pub(super) fn peek(&mut self) -> (u16, u32) {
        if self.fetched < 32 {
            self.fetch();
        }
        let next = (self.buffer >> 48) as u16;
        (next, self.fetched)
    }

    /// Steps over bits that `peek` has shown.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.fetched -= count;
    }

    /// The next bits as a number, at most 16.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> Result<u16, Fault> {
        let (next, there) = self.peek();
        if count > there {
            return Err(self.missing());
        }
        self.skip(count);
        Ok(next.checked_shr(16 - count).unwrap_or(0))
    }

    /// Why there are no more bits.
    #[cold]
    pub(super) fn missing(&self) -> Fault {
        if self.at + 1 < self.bytes.len() {
            Fault::TooLittle
        } else {
            Fault::Cut
        }
    }

    fn fetch(&mut self) {
        if let Some(word) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_be_bytes(*word);
            if !has_marker(word) {
                let bits = (64 - self.fetched) & !7;
                self.buffer |= (word & !(u64::MAX.checked_shr(bits).unwrap_or(0))) >> self.fetched;
                self.at += bits as usize / 8;
                self.fetched += bits;
                return;
            }
        }
        while self.fetched <= 48 {
            match self.bytes.get(self.at..self.at + 2) {
                Some([0xff, 0x00]) => {
                    self.push(0xff);
                    self.at += 2;
                }
                // Bytes that fill up to a marker.
                Some([0xff, 0xff]) if self.is_before_marker() => self.at += 1,
                Some([0xff, _]) | None => return,
                Some([byte, _]) => {
                    self.push(*byte);
                    self.at += 1;
                }
                Some(_) => return,
            }
        }
    }

    fn push(&mut self, byte: u8) {
        self.buffer |= u64::from(byte) << (56 - self.fetched);
        self.fetched += 8;
    }

    fn is_before_marker(&self) -> bool {
        let rest = self.bytes[self.at..].iter().find(|byte| **byte != 0xff);
        rest.is_some_and(|byte| *byte != 0)
    }

    /// Where the marker is, if less than a byte comes before it.
    pub(super) fn end(&mut self) -> Result<usize, Fault> {
        self.fetch();
        match self.bytes.get(self.at..self.at + 2) {
            Some([0xff, _]) if self.fetched < 8 => Ok(self.at),
            Some(_) => Err(Fault::TooMuch),
            None => Err(Fault::Cut),
        }
    }

    /// Goes on behind the restart marker of this number.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), Fault> {
        let at = self.end()?;
        if usize::from(self.bytes[at + 1]) != 0xd0 + number % 8 {
            return Err(Fault::Damaged);
        }
        (self.at, self.buffer, self.fetched) = (at + 2, 0, 0);
        Ok(())
    }
}

/// Whether one of eight bytes is 0xFF: a byte of its complement is zero.
fn has_marker(word: u64) -> bool {
    (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}
