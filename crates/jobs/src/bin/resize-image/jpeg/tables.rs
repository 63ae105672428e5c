//! What a JPEG's headers say: its size and components, and its Huffman codes.

use super::bits::Bits;
use super::{Fault, Unknown};

/// The picture's size and what it is made of.
pub(super) struct Frame {
    pub(super) is_progressive: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
}

/// One channel.
pub(super) struct Component {
    pub(super) id: u8,
    /// How many blocks across and down an MCU has of it.
    pub(super) across: usize,
    pub(super) down: usize,
    /// For a progressive picture: which coefficients of each block are not zero, one bit each.
    pub(super) known: Vec<u64>,
    /// Whether a scan had its first coefficients.
    pub(super) is_there: bool,
}

impl Frame {
    pub(super) fn read(segment: &[u8], is_progressive: bool) -> Result<Self, Unknown> {
        let [
            precision,
            height_1,
            height_2,
            width_1,
            width_2,
            count,
            rest @ ..,
        ] = segment
        else {
            return Err(Unknown);
        };
        let (height, width) = (
            u16::from_be_bytes([*height_1, *height_2]).into(),
            u16::from_be_bytes([*width_1, *width_2]).into(),
        );
        if *precision != 8 || width == 0 || height == 0 || !matches!(count, 1..=4) {
            return Err(Unknown);
        }
        let components = rest.chunks_exact(3).take((*count).into());
        let components = components.map(|component| Component {
            id: component[0],
            across: (component[1] >> 4).into(),
            down: (component[1] & 15).into(),
            known: Vec::new(),
            is_there: false,
        });
        let mut frame = Self {
            is_progressive,
            width,
            height,
            components: components.collect(),
        };
        let fits = |samples: usize| (1..=4).contains(&samples);
        let are_known = frame
            .components
            .iter()
            .all(|component| fits(component.across) && fits(component.down));
        if !are_known || frame.components.len() != usize::from(*count) {
            return Err(Unknown);
        }
        if is_progressive {
            let (across, down) = frame.mcus();
            for component in &mut frame.components {
                component.known = vec![0; across * component.across * down * component.down];
            }
        }
        Ok(frame)
    }

    fn most(&self) -> (usize, usize) {
        let across = self.components.iter().map(|component| component.across);
        let down = self.components.iter().map(|component| component.down);
        (across.max().unwrap_or(1), down.max().unwrap_or(1))
    }

    /// How many MCUs across and down, where a scan has several components.
    pub(super) fn mcus(&self) -> (usize, usize) {
        let (across, down) = self.most();
        (
            self.width.div_ceil(8 * across),
            self.height.div_ceil(8 * down),
        )
    }

    /// How many blocks across and down, where a scan has this component alone.
    pub(super) fn blocks(&self, component: &Component) -> (usize, usize) {
        let (across, down) = self.most();
        (
            (self.width * component.across).div_ceil(across).div_ceil(8),
            (self.height * component.down).div_ceil(down).div_ceil(8),
        )
    }
}

/// What the end of a block steps on: more than there are places.
pub(super) const END: u8 = 128;

/// Over so many coefficients that are zero, and one that is not.
fn step(symbol: u8) -> u8 {
    match (symbol >> 4, symbol & 15) {
        (0..15, 0) => END,
        (zeros, _) => zeros + 1,
    }
}

/// How many bits are looked up at once. Longer codes are rare.
const LOOKUP: u32 = 10;

/// A table of Huffman codes.
pub(super) struct Table {
    /// For the next ten bits: the length of the code they start with, if it is no longer, and its symbol.
    short: Box<[(u8, u8); 1 << LOOKUP]>,
    /// The same for a coefficient with its value: the length of both, and how many places it steps on.
    steps: Box<[(u8, u8); 1 << LOOKUP]>,
    /// By length: the first number behind its codes, as 16 bits; what to add for the place of the symbol.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Reads a table, and what comes behind it.
    pub(super) fn read(segment: &[u8]) -> Result<(Self, &[u8]), Fault> {
        let (counts, rest) = segment.split_at_checked(16).ok_or(Fault::Damaged)?;
        let total = counts.iter().map(|count| usize::from(*count)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or(Fault::Damaged)?;
        let mut table = Self {
            short: Box::new([(0, 0); 1 << LOOKUP]),
            steps: Box::new([(0, 0); 1 << LOOKUP]),
            limits: [(0, 0); 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..=16).zip(counts) {
            let first = code;
            for symbol in symbols.iter().skip(place).take((*count).into()) {
                if length <= LOOKUP {
                    table.fill(code, length, *symbol);
                }
                code += 1;
            }
            if code > 1 << length {
                return Err(Fault::Damaged);
            }
            let offset = i32::try_from(place).unwrap_or(0) - i32::try_from(first).unwrap_or(0);
            table.limits[length as usize] = (code << (16 - length), offset);
            place += usize::from(*count);
            code <<= 1;
        }
        Ok((table, rest))
    }

    fn fill(&mut self, code: u32, length: u32, symbol: u8) {
        let first = (code << (LOOKUP - length)) as usize;
        let count = 1 << (LOOKUP - length);
        let length = u8::try_from(length).unwrap_or(0);
        let codes = first..first + count;
        if let Some(codes) = self.short.get_mut(codes.clone()) {
            codes.fill((length, symbol));
        }
        if let Some(codes) = self.steps.get_mut(codes) {
            codes.fill((length + (symbol & 15), step(symbol)));
        }
    }

    /// Whether the code of zeros alone says that the rest of a block is zero.
    pub(super) fn ends_a_block_by_zeros(&self) -> bool {
        self.symbols.first() == Some(&0)
    }

    /// The next symbol.
    #[inline]
    pub(super) fn decode(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        self.next(bits, |_| 0)
    }

    /// Over the next coefficient and its value: how many places it steps on.
    #[inline]
    pub(super) fn skip_step(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let (next, there) = bits.peek();
        let (length, step) = self.steps[usize::from(next >> (16 - LOOKUP))];
        if length > 0 && u32::from(length) <= there {
            bits.skip(length.into());
            return Ok(step);
        }
        self.skip_value(bits).map(self::step)
    }

    /// The next symbol, and over the bits of the value behind it, whose number is the symbol's lower half.
    #[inline]
    pub(super) fn skip_value(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        self.next(bits, |symbol| u32::from(symbol & 15))
    }

    #[inline]
    fn next(&self, bits: &mut Bits<'_>, behind: impl Fn(u8) -> u32) -> Result<u8, Fault> {
        let (next, there) = bits.peek();
        let (length, symbol) = self.short[usize::from(next >> (16 - LOOKUP))];
        let (length, symbol) = if length > 0 {
            (u32::from(length), symbol)
        } else {
            self.long(next).ok_or_else(|| {
                if there < 16 {
                    bits.missing()
                } else {
                    Fault::Damaged
                }
            })?
        };
        let length = length + behind(symbol);
        if length > there {
            return Err(bits.missing());
        }
        bits.skip(length);
        Ok(symbol)
    }

    #[cold]
    fn long(&self, next: u16) -> Option<(u32, u8)> {
        let length =
            (LOOKUP as usize + 1..=16).find(|length| u32::from(next) < self.limits[*length].0)?;
        let code = i32::from(next >> (16 - length));
        let place = usize::try_from(code + self.limits[length].1).ok()?;
        let symbol = *self.symbols.get(place)?;
        Some((u32::try_from(length).ok()?, symbol))
    }
}
