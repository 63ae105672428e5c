//! Whether the compressed data of a JPEG is whole, and makes as many pixels as its header says (ITU-T T.81).
//!
//! Decoders paint what is missing grey and call it a picture. So the data is read once more beforehand, code by code, as
//! a decoder reads it, without making pixels: it has to end where the last block does, and nothing may be left.

mod bits;
mod scan;
mod tables;

use bits::Bits;
use scan::Scan;
use tables::{Frame, Table};

/// What is wrong with a JPEG's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The file is cut off.
    #[error("the file ends before its data does")]
    Cut,
    /// The data ends before the pixels do.
    #[error("its data makes fewer pixels than its header says")]
    TooLittle,
    /// The pixels end before the data does.
    #[error("its data makes more pixels than its header says")]
    TooMuch,
    /// A disk or an upload that failed left zeros in place of data.
    #[error("a part of its data is overwritten with zeros")]
    Zeroed,
    /// A code that there is not, or a coefficient behind the last.
    #[error("its data is damaged")]
    Damaged,
}

/// A kind of JPEG that is not judged here: the decoder reads it or refuses it.
struct Unknown;

/// Why the reading ended early.
enum End {
    Fault(Fault),
    Unknown,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unknown> for End {
    fn from(_: Unknown) -> Self {
        Self::Unknown
    }
}

/// What the segments before a scan have said.
#[derive(Default)]
struct Jpeg {
    frame: Option<Frame>,
    /// For the first coefficient of a block, and for the others.
    tables: [[Option<Table>; 4]; 2],
    restart_interval: usize,
    /// Where the first scan's data starts.
    data: Option<usize>,
}

/// Whether a disk has lost a part of the data: 512 bytes at least, among which are 256 from a multiple of 256 on.
fn has_zeros(data: &[u8]) -> bool {
    let mut parts = data.chunks_exact(256);
    parts.any(|part| part.iter().all(|byte| *byte == 0))
}

/// Reads the whole file. JPEGs of kinds that no browser shows are not judged.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut jpeg = Jpeg::default();
    match jpeg.read(bytes) {
        Err(End::Fault(fault)) => Err(match jpeg.data {
            Some(data) if has_zeros(&bytes[data..]) => Fault::Zeroed,
            _ => fault,
        }),
        Ok(()) | Err(End::Unknown) => Ok(()),
    }
}

/// Whether it is of a kind that is not judged: arithmetic codes, lossless, 12 bits, ….
pub(crate) fn is_unusual(bytes: &[u8]) -> bool {
    matches!(Jpeg::default().read(bytes), Err(End::Unknown))
}

impl Jpeg {
    fn read(&mut self, bytes: &[u8]) -> Result<(), End> {
        let mut at = 2;
        loop {
            let (marker, after) = next_marker(bytes, at)?;
            // Some programs leave junk between the headers; between two scans it is what remains of one.
            if self.data.is_some() && bytes[at..after - 2].iter().any(|byte| *byte != 0xff) {
                return Err(Fault::Damaged.into());
            }
            at = after;
            match marker {
                0xd9 => return self.has_all_components(),
                // A restart, and no scan that goes on.
                0xd0..=0xd7 => return Err(Fault::TooMuch.into()),
                // Markers without a segment.
                0x01 | 0xd8 => continue,
                _ => {}
            }
            let length = bytes.get(at..at + 2).ok_or(Fault::Cut)?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let segment = bytes.get(at + 2..at + length).ok_or(Fault::Cut)?;
            at += length;
            match marker {
                0xc0..=0xc2 => self.frame = Some(Frame::read(segment, marker == 0xc2)?),
                0xc4 => self.read_tables(segment)?,
                // Lossless, arithmetic and hierarchical ones.
                0xc3 | 0xc5..=0xcf => return Err(End::Unknown),
                0xdd => {
                    let interval = segment.get(..2).ok_or(Unknown)?;
                    self.restart_interval = u16::from_be_bytes([interval[0], interval[1]]).into();
                }
                0xda => {
                    if self.tables.iter().flatten().all(Option::is_none) {
                        // A frame of a video: its codes are agreed upon.
                        return Err(End::Unknown);
                    }
                    let frame = self.frame.as_mut().ok_or(Fault::Damaged)?;
                    let scan = Scan::read(segment, frame, &self.tables, self.restart_interval)?;
                    let start = at;
                    self.data.get_or_insert(start);
                    at = scan.check(Bits::new(bytes, at), frame)?;
                    // By chance zeros can be as many blocks as they stand for.
                    if scan.has_no_zeros() && has_zeros(&bytes[start..at]) {
                        return Err(Fault::Zeroed.into());
                    }
                }
                _ => {}
            }
        }
    }

    fn has_all_components(&self) -> Result<(), End> {
        let mut components = self.frame.iter().flat_map(|frame| &frame.components);
        if self.frame.is_some() && components.all(|component| component.is_there) {
            return Ok(());
        }
        Err(Fault::TooLittle.into())
    }

    fn read_tables(&mut self, mut segment: &[u8]) -> Result<(), Fault> {
        while let Some((head, rest)) = segment.split_first() {
            let (class, place) = (usize::from(head >> 4), usize::from(head & 15));
            let (table, rest) = Table::read(rest)?;
            let tables = self.tables.get_mut(class).ok_or(Fault::Damaged)?;
            *tables.get_mut(place).ok_or(Fault::Damaged)? = Some(table);
            segment = rest;
        }
        Ok(())
    }
}

/// The marker at `at` or behind it, and where what follows it starts.
fn next_marker(bytes: &[u8], mut at: usize) -> Result<(u8, usize), Fault> {
    loop {
        match bytes.get(at..at + 2) {
            Some([0xff, 0x00]) => at += 2,
            Some([0xff, 0xff] | [0..=0xfe, _]) => at += 1,
            Some([_, marker]) => return Ok((*marker, at + 2)),
            _ => return Err(Fault::Cut),
        }
    }
}

#[cfg(test)]
mod tests;
