//! The three ways PHP names a time zone.

use std::fmt;

/// A time zone as PHP keeps it in a date. The number is PHP's `timezone_type`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PhpZone {
    /// Type 1: a distance from UTC in seconds, east is positive. Up to 99:59:59.
    Offset(i32),
    /// Type 2: an abbreviation, such as `JST`.
    Abbreviation(String),
    /// Type 3: a name of the time zone database, such as `Asia/Tokyo`.
    Named(String),
}

/// A time zone is not named as PHP names one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// `timezone_type` has another value than 1, 2 or 3.
    #[error("the timezone_type must be 1, 2 or 3, not {found}")]
    UnknownType {
        /// The value.
        found: i64,
    },
    /// A type 1 zone that is not like `+09:00`.
    #[error("an offset from UTC must look like `+09:00`")]
    InvalidOffset,
}

impl PhpZone {
    pub(super) fn new(kind: i64, name: &str) -> Result<Self, ZoneError> {
        match kind {
            1 => parse_offset(name).map(Self::Offset),
            2 => Ok(Self::Abbreviation(name.to_owned())),
            3 => Ok(Self::Named(name.to_owned())),
            found => Err(ZoneError::UnknownType { found }),
        }
    }

    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Offset(_) => 1,
            Self::Abbreviation(_) => 2,
            Self::Named(_) => 3,
        }
    }
}

/// The name as PHP writes it: `+09:00`, `JST`, `Asia/Tokyo`.
impl fmt::Display for PhpZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Offset(seconds) = self else {
            let (Self::Abbreviation(name) | Self::Named(name)) = self else {
                return Ok(());
            };
            return f.write_str(name);
        };
        let sign = if *seconds < 0 { '-' } else { '+' };
        let (minutes, seconds) = (seconds.unsigned_abs() / 60, seconds.unsigned_abs() % 60);
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
        if seconds > 0 {
            write!(f, ":{seconds:02}")?;
        }
        Ok(())
    }
}

/// `+09:00`, or `-00:01:15`, in seconds.
pub(super) fn parse_offset(text: &str) -> Result<i32, ZoneError> {
    let (sign, text) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(text), _) => (1, text),
        (_, Some(text)) => (-1, text),
        _ => return Err(ZoneError::InvalidOffset),
    };
    let mut seconds = 0;
    let mut parts = text.split(':');
    for unit in [3600, 60, 1] {
        let number = match parts.next() {
            Some(part) if part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()) => {
                part.parse().unwrap_or(i32::MAX)
            }
            None if unit == 1 => 0,
            _ => return Err(ZoneError::InvalidOffset),
        };
        if unit < 3600 && number > 59 {
            return Err(ZoneError::InvalidOffset);
        }
        seconds += sign * unit * number;
    }
    match parts.next() {
        None => Ok(seconds),
        Some(_) => Err(ZoneError::InvalidOffset),
    }
}
