//! One field of a cron expression that is a set of numbers.

/// What the numbers of a field may be, and what they may be called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// The field's name, for errors.
    pub(super) name: &'static str,
    /// The smallest number.
    pub(super) first: u16,
    /// The largest number.
    pub(super) last: u16,
    /// Names of the numbers from `first` on.
    pub(super) names: &'static [&'static str],
    /// Whether `/` is taken.
    pub(super) steps: bool,
}

/// Minutes of an hour.
pub(super) const MINUTE: Range = Range {
    name: "minute",
    first: 0,
    last: 59,
    names: &[],
    steps: true,
};
/// Hours of a day.
pub(super) const HOUR: Range = Range {
    name: "hour",
    first: 0,
    last: 23,
    names: &[],
    steps: true,
};
/// Days of a month.
pub(super) const DAY_OF_MONTH: Range = Range {
    name: "day of month",
    first: 1,
    last: 31,
    names: &[],
    steps: true,
};
/// Months of a year.
pub(super) const MONTH: Range = Range {
    name: "month",
    first: 1,
    last: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    steps: true,
};
/// Days of a week, from Sunday = 1. AWS lists no `/` here.
pub(super) const DAY_OF_WEEK: Range = Range {
    name: "day of week",
    first: 1,
    last: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    steps: false,
};
/// Years.
pub(super) const YEAR: Range = Range {
    name: "year",
    first: 1970,
    last: 2199,
    names: &[],
    steps: true,
};

/// A set of numbers of one [`Range`]: 230 years are the most a field has, so 256 bits hold any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    bits: [u64; 4],
    first: u16,
    last: u16,
}

impl Set {
    /// Reads a comma-separated list of values, ranges and steps.
    pub(super) fn parse(text: &str, range: &Range) -> Result<Self, String> {
        let mut set = Self {
            bits: [0; 4],
            first: range.first,
            last: range.last,
        };
        for part in text.split(',') {
            set.add(part, range)?;
        }
        Ok(set)
    }

    /// Whether the number is in the set.
    pub(super) fn contains(&self, number: u16) -> bool {
        let Some(index) = number.checked_sub(self.first).map(usize::from) else {
            return false;
        };
        self.bits
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// The numbers of the set that are not below `floor`, ascending.
    pub(super) fn from(&self, floor: u16) -> impl Iterator<Item = u16> + '_ {
        (floor.max(self.first)..=self.last).filter(|number| self.contains(*number))
    }

    fn add(&mut self, part: &str, range: &Range) -> Result<(), String> {
        let (span, step) = match part.split_once('/') {
            Some(_) if !range.steps => {
                return Err(format!("`{part}`: `/` is not taken here: list the days"));
            }
            Some((span, step)) => (span, Some(parse_step(step, part, range)?)),
            None => (part, None),
        };
        let (low, high) = match span.split_once('-') {
            _ if span == "*" => (range.first, range.last),
            Some((low, high)) => (range.number(low)?, range.number(high)?),
            None => {
                let number = range.number(span)?;
                (number, if step.is_some() { range.last } else { number })
            }
        };
        if low > high {
            return Err(format!("`{part}` runs backwards: write it as two ranges"));
        }
        for number in (low..=high).step_by(usize::from(step.unwrap_or(1))) {
            self.insert(number);
        }
        Ok(())
    }

    fn insert(&mut self, number: u16) {
        let index = usize::from(number.saturating_sub(self.first));
        if let Some(word) = self.bits.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }
}

impl Range {
    /// A number of the range, or the number of a name.
    pub(super) fn number(&self, text: &str) -> Result<u16, String> {
        if let Some(position) = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text))
        {
            return Ok(self.first + u16::try_from(position).unwrap_or(0));
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text
            .parse::<u16>()
            .ok()
            .filter(|number| digits && (self.first..=self.last).contains(number));
        number.ok_or_else(|| self.expected(text))
    }

    fn expected(&self, text: &str) -> String {
        let (first, last) = (self.first, self.last);
        match (self.names.first(), self.names.last()) {
            (Some(first_name), Some(last_name)) => {
                format!("`{text}` is neither {first} to {last} nor {first_name} to {last_name}")
            }
            _ => format!("`{text}` is not {first} to {last}"),
        }
    }
}

fn parse_step(step: &str, part: &str, range: &Range) -> Result<u16, String> {
    let digits = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let number = step
        .parse::<u16>()
        .ok()
        .filter(|step| digits && (1..=range.last).contains(step));
    number.ok_or_else(|| format!("`{part}`: the step is not 1 to {}", range.last))
}
