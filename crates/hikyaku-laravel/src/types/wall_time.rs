//! What a calendar and a clock on the wall show, without a zone.

use std::fmt;
use std::str::FromStr;

/// A date and a time of day as PHP writes them: `2026-01-02 03:04:05.678901`. Valid by the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime {
    year: i32,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
}

/// A text is not a date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date must look like `2026-01-02 03:04:05.678901` and exist in the calendar")]
pub struct WallTimeError;

impl WallTime {
    /// A date and a time of day. Months and days count from 1.
    pub fn new(
        (year, month, day): (i32, u8, u8),
        (hour, minute, second, microsecond): (u8, u8, u8, u32),
    ) -> Result<Self, WallTimeError> {
        let exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        if !exists || hour > 23 || minute > 59 || second > 59 || microsecond > 999_999 {
            return Err(WallTimeError);
        }
        Ok(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            microsecond,
        })
    }

    /// The year; 0 is 1 BCE.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }

    /// The hour, 0 to 23.
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    pub fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 59.
    pub fn second(self) -> u8 {
        self.second
    }

    /// The microsecond, 0 to 999,999.
    pub fn microsecond(self) -> u32 {
        self.microsecond
    }
}

fn days_in(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// PHP's form, `Y-m-d H:i:s.u` with a sign before years of more than four digits, and ISO 8601's with a `T`. The
/// fraction of a second may be missing and have up to nine digits, of which six count.
impl FromStr for WallTime {
    type Err = WallTimeError;

    fn from_str(text: &str) -> Result<Self, WallTimeError> {
        let (date, time) = text.split_once([' ', 'T']).ok_or(WallTimeError)?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let (year, date) = split_year(date).ok_or(WallTimeError)?;
        let [month, day] = two_digits(date, '-').ok_or(WallTimeError)?;
        let [hour, minute, second] = two_digits(time, ':').ok_or(WallTimeError)?;
        let microsecond = microseconds(fraction).ok_or(WallTimeError)?;
        Self::new((year, month, day), (hour, minute, second, microsecond))
    }
}

fn split_year(date: &str) -> Option<(i32, &str)> {
    let sign = usize::from(date.starts_with(['-', '+']));
    let digits = date.get(sign..)?.find('-')?;
    let (year, rest) = date.split_at(sign + digits);
    if digits < 4 || !year.as_bytes()[sign..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((year.parse().ok()?, rest.strip_prefix('-')?))
}

fn two_digits<const N: usize>(text: &str, separator: char) -> Option<[u8; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for number in &mut numbers {
        let part = parts.next()?;
        if part.len() != 2 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn microseconds(fraction: &str) -> Option<u32> {
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let six = format!("{fraction:0<6}");
    six.get(..6)?.parse().ok()
}

/// PHP's form, with six digits of the second's fraction.
impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            10_000.. => write!(f, "+{}", self.year)?,
            0..10_000 => write!(f, "{:04}", self.year)?,
            _ => write!(f, "-{:04}", self.year.unsigned_abs())?,
        }
        write!(
            f,
            "-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
            self.month, self.day, self.hour, self.minute, self.second, self.microsecond
        )
    }
}
