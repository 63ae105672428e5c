//! One scan: some or all coefficients of some or all components.

use super::bits::Bits;
use super::tables::END;
use super::{Fault, Frame, Table};

/// What is read in which order.
pub(super) struct Scan<'a> {
    /// By their place in the frame, with the tables of the first coefficient and of the others.
    components: Vec<(usize, Option<&'a Table>, Option<&'a Table>)>,
    kind: Kind,
    restart_interval: usize,
}

/// How a block is coded. A progressive picture has coefficients from `first` to `last`, and bits that refine them.
#[derive(Clone, Copy)]
enum Kind {
    Sequential,
    First,
    FirstRefined,
    Others { first: u32, last: u32 },
    OthersRefined { first: u32, last: u32 },
}

impl<'a> Scan<'a> {
    pub(super) fn read(
        segment: &[u8],
        frame: &Frame,
        tables: &'a [[Option<Table>; 4]; 2],
        restart_interval: usize,
    ) -> Result<Self, Fault> {
        let (count, rest) = segment.split_first().ok_or(Fault::Damaged)?;
        let named = rest.split_at_checked(2 * usize::from(*count));
        let (named, rest) = named.ok_or(Fault::Damaged)?;
        let [first, last, steps, ..] = rest else {
            return Err(Fault::Damaged);
        };
        let mut components = Vec::new();
        for name in named.chunks_exact(2) {
            let place = frame
                .components
                .iter()
                .position(|component| component.id == name[0]);
            let table = |class: usize, place: u8| tables[class].get(usize::from(place))?.as_ref();
            components.push((
                place.ok_or(Fault::Damaged)?,
                table(0, name[1] >> 4),
                table(1, name[1] & 15),
            ));
        }
        let (first, last) = (u32::from(*first), u32::from(*last));
        let is_refined = steps >> 4 > 0;
        let kind = match (frame.is_progressive, first, is_refined) {
            (false, ..) => Kind::Sequential,
            (true, 0, false) => Kind::First,
            (true, 0, true) => Kind::FirstRefined,
            _ if last > 63 || first > last || components.len() != 1 => return Err(Fault::Damaged),
            (true, _, false) => Kind::Others { first, last },
            (true, _, true) => Kind::OthersRefined { first, last },
        };
        if components.is_empty() {
            return Err(Fault::Damaged);
        }
        Ok(Self {
            components,
            kind,
            restart_interval,
        })
    }

    /// Whether a row of zeros cannot be data. It is a plain area if zeros are the code that ends a block; else all
    /// coefficients of its blocks would be something.
    pub(super) fn has_no_zeros(&self) -> bool {
        let mut tables = self.components.iter().filter_map(|(_, _, others)| *others);
        matches!(self.kind, Kind::Sequential) && tables.any(|table| !table.ends_a_block_by_zeros())
    }

    /// Reads the scan's data to its end, which is where the next marker has to be.
    pub(super) fn check(&self, bits: Bits<'_>, frame: &mut Frame) -> Result<usize, Fault> {
        let mut reader = Reader { bits, run: 0 };
        let (mcus_across, mcus_down) = frame.mcus();
        let (across, down) = match self.components[..] {
            [(only, ..)] => frame.blocks(&frame.components[only]),
            _ => (mcus_across, mcus_down),
        };
        for mcu in 0..across * down {
            if self.restart_interval > 0 && mcu > 0 && mcu % self.restart_interval == 0 {
                reader.restart(mcu / self.restart_interval - 1)?;
            }
            let (row, column) = (mcu / across, mcu % across);
            for (place, first, others) in &self.components {
                let component = &mut frame.components[*place];
                let (wide, high) = if self.components.len() == 1 {
                    (1, 1)
                } else {
                    (component.across, component.down)
                };
                let stride = mcus_across * component.across;
                for block in 0..wide * high {
                    let (y, x) = (row * high + block / wide, column * wide + block % wide);
                    let mut none = 0;
                    let known = component.known.get_mut(y * stride + x).unwrap_or(&mut none);
                    reader.block(self.kind, *first, *others, known)?;
                }
            }
        }
        if matches!(self.kind, Kind::Sequential | Kind::First) {
            for (place, ..) in &self.components {
                frame.components[*place].is_there = true;
            }
        }
        reader.bits.end()
    }
}

struct Reader<'a> {
    bits: Bits<'a>,
    /// How many blocks have nothing more to come, without a code of their own.
    run: u32,
}

impl Reader<'_> {
    fn restart(&mut self, number: usize) -> Result<(), Fault> {
        self.run = 0;
        self.bits.restart(number)
    }

    #[inline]
    fn block(
        &mut self,
        kind: Kind,
        first: Option<&Table>,
        others: Option<&Table>,
        known: &mut u64,
    ) -> Result<(), Fault> {
        match kind {
            Kind::Sequential => {
                self.first(first.ok_or(Fault::Damaged)?)?;
                self.sequential(others.ok_or(Fault::Damaged)?)?;
            }
            Kind::First => self.first(first.ok_or(Fault::Damaged)?)?,
            Kind::FirstRefined => {
                self.bits.take(1)?;
            }
            Kind::Others { first, last } => {
                self.others(others.ok_or(Fault::Damaged)?, (first, last), known)?;
            }
            Kind::OthersRefined { first, last } => {
                self.refine(others.ok_or(Fault::Damaged)?, (first, last), known)?;
            }
        }
        Ok(())
    }

    /// The first coefficient's difference to that of the block before: 11 bits at most (T.81, table F.1).
    fn first(&mut self, table: &Table) -> Result<(), Fault> {
        match table.skip_value(&mut self.bits)? {
            0..=11 => Ok(()),
            _ => Err(Fault::Damaged),
        }
    }

    #[inline]
    fn sequential(&mut self, table: &Table) -> Result<(), Fault> {
        let mut place = 1;
        while place < 64 {
            place += table.skip_step(&mut self.bits)?;
        }
        if place == 64 || place >= END {
            Ok(())
        } else {
            Err(Fault::Damaged)
        }
    }

    fn others(
        &mut self,
        table: &Table,
        (first, last): (u32, u32),
        known: &mut u64,
    ) -> Result<(), Fault> {
        if self.run > 0 {
            self.run -= 1;
            return Ok(());
        }
        let mut place = first;
        while place <= last {
            let symbol = table.decode(&mut self.bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && zeros < 15 {
                self.run = (1 << zeros) - 1 + u32::from(self.bits.take(zeros)?);
                return Ok(());
            }
            place += zeros;
            if size > 0 {
                if place > last {
                    return Err(Fault::Damaged);
                }
                self.bits.take(size)?;
                *known |= 1 << place;
            }
            place += 1;
        }
        if place == last + 1 {
            Ok(())
        } else {
            Err(Fault::Damaged)
        }
    }

    fn refine(
        &mut self,
        table: &Table,
        (first, last): (u32, u32),
        known: &mut u64,
    ) -> Result<(), Fault> {
        let mut place = first;
        while self.run == 0 && place <= last {
            let symbol = table.decode(&mut self.bits)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
            match size {
                0 if zeros < 15 => {
                    self.run = (1 << zeros) + u32::from(self.bits.take(zeros)?);
                    break;
                }
                0 => {}
                1 => {
                    self.bits.take(1)?;
                }
                _ => return Err(Fault::Damaged),
            }
            // Over so many coefficients that stay zero, and all others between, each with a bit more.
            while place <= last {
                if *known >> place & 1 == 1 {
                    self.bits.take(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                place += 1;
            }
            if size == 1 {
                if place > last {
                    return Err(Fault::Damaged);
                }
                *known |= 1 << place;
            }
            place += 1;
        }
        if self.run > 0 {
            for place in place..=last {
                if *known >> place & 1 == 1 {
                    self.bits.take(1)?;
                }
            }
            self.run -= 1;
        }
        Ok(())
    }
}
