//! From PHP's dates to instants and back, with the time zone database.

use jiff::tz::{AmbiguousOffset, Disambiguation, Offset, TimeZone};
use jiff::{Timestamp, Zoned, civil};

use super::date_time::PhpDateTime;
use super::wall_time::{WallTime, WallTimeError};
use super::zone::PhpZone;

/// Abbreviations that mean one offset only, in seconds. The offsets are those PHP 8.2 gives them.
const ABBREVIATIONS: [(&str, i32); 40] = [
    ("ACDT", 37_800),
    ("ACST", 34_200),
    ("ADT", -10_800),
    ("AEDT", 39_600),
    ("AEST", 36_000),
    ("AKDT", -28_800),
    ("AKST", -32_400),
    ("AST", -14_400),
    ("AWST", 28_800),
    ("BST", 3_600),
    ("CAT", 7_200),
    ("CDT", -18_000),
    ("CEST", 7_200),
    ("CET", 3_600),
    ("CST", -21_600),
    ("EAT", 10_800),
    ("EDT", -14_400),
    ("EEST", 10_800),
    ("EET", 7_200),
    ("EST", -18_000),
    ("GMT", 0),
    ("HKT", 28_800),
    ("HST", -36_000),
    ("JST", 32_400),
    ("MDT", -21_600),
    ("MSK", 10_800),
    ("MST", -25_200),
    ("NZDT", 46_800),
    ("NZST", 43_200),
    ("PDT", -25_200),
    ("PKT", 18_000),
    ("PST", -28_800),
    ("SAST", 7_200),
    ("UCT", 0),
    ("UTC", 0),
    ("WAT", 3_600),
    ("WEST", 3_600),
    ("WET", 0),
    ("WIB", 25_200),
    ("Z", 0),
];

/// A date of PHP names no instant that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstantError {
    /// The time zone database has no such zone.
    #[error("the time zone database has no zone `{name}`")]
    UnknownZone {
        /// The zone.
        name: String,
    },
    /// The abbreviation stands for several zones, or for none.
    #[error(
        "the abbreviation `{name}` does not stand for one offset from UTC; use the name of a zone in PHP"
    )]
    UnknownAbbreviation {
        /// The abbreviation.
        name: String,
    },
    /// The years -9999 to 9999 and offsets below 26 hours are supported.
    #[error(
        "the date or its offset is out of range: years go from -9999 to 9999, offsets to 25:59:59"
    )]
    OutOfRange,
}

impl PhpDateTime {
    /// The instant.
    pub fn timestamp(&self) -> Result<Timestamp, InstantError> {
        Ok(self.zoned()?.timestamp())
    }

    /// The instant with its zone.
    ///
    /// As PHP 8.2 was seen to do it, a wall time that the zone skips moves forward, and of one that comes twice the second
    /// is meant east of Greenwich, the first west of it: PHP's text does not tell them apart.
    pub fn zoned(&self) -> Result<Zoned, InstantError> {
        let zone = self.time_zone()?;
        let wall = civil(self.wall()).ok_or(InstantError::OutOfRange)?;
        let out_of_range = |_| InstantError::OutOfRange;
        // PHP begins with the offset that holds when a clock in Greenwich shows this wall time.
        let guess = wall.to_zoned(TimeZone::UTC).map_err(out_of_range)?;
        let guess = zone.to_offset(guess.timestamp());
        let ambiguous = zone.into_ambiguous_zoned(wall);
        let disambiguation = match ambiguous.offset() {
            AmbiguousOffset::Fold { before, .. } if before == guess => Disambiguation::Earlier,
            _ => Disambiguation::Later,
        };
        ambiguous.disambiguate(disambiguation).map_err(out_of_range)
    }

    fn time_zone(&self) -> Result<TimeZone, InstantError> {
        match self.zone() {
            PhpZone::Offset(seconds) => fixed(*seconds),
            PhpZone::Abbreviation(name) => {
                let known = |&&(known, _): &&(&str, i32)| known.eq_ignore_ascii_case(name);
                let found = ABBREVIATIONS.iter().find(known);
                let name = name.clone();
                let (_, seconds) = found.ok_or(InstantError::UnknownAbbreviation { name })?;
                fixed(*seconds)
            }
            PhpZone::Named(name) => TimeZone::get(name).map_err(|_| {
                let name = name.clone();
                InstantError::UnknownZone { name }
            }),
        }
    }
}

fn fixed(seconds: i32) -> Result<TimeZone, InstantError> {
    let offset = Offset::from_seconds(seconds);
    let offset = offset.map_err(|_| InstantError::OutOfRange)?;
    Ok(TimeZone::fixed(offset))
}

fn civil(wall: WallTime) -> Option<civil::DateTime> {
    civil::DateTime::new(
        wall.year().try_into().ok()?,
        wall.month().try_into().ok()?,
        wall.day().try_into().ok()?,
        wall.hour().try_into().ok()?,
        wall.minute().try_into().ok()?,
        wall.second().try_into().ok()?,
        (wall.microsecond() * 1000).try_into().ok()?,
    )
    .ok()
}

/// A date of Laravel's own class. What is below a microsecond is cut off. Of a wall time that comes twice PHP takes the one
/// that [`PhpDateTime::zoned`] tells: write an instant of such an hour in UTC.
impl TryFrom<&Zoned> for PhpDateTime {
    type Error = WallTimeError;

    fn try_from(zoned: &Zoned) -> Result<Self, WallTimeError> {
        let number = |part: i8| u8::try_from(part).map_err(|_| WallTimeError);
        let microsecond = u32::try_from(zoned.subsec_nanosecond() / 1000);
        let wall = WallTime::new(
            (
                zoned.year().into(),
                number(zoned.month())?,
                number(zoned.day())?,
            ),
            (
                number(zoned.hour())?,
                number(zoned.minute())?,
                number(zoned.second())?,
                microsecond.map_err(|_| WallTimeError)?,
            ),
        )?;
        let zone = match zoned.time_zone().iana_name() {
            Some(name) => PhpZone::Named(name.to_owned()),
            None => PhpZone::Offset(zoned.offset().seconds()),
        };
        Ok(Self::new(wall, zone))
    }
}

/// A date of Laravel's own class, in UTC.
impl TryFrom<Timestamp> for PhpDateTime {
    type Error = WallTimeError;

    fn try_from(timestamp: Timestamp) -> Result<Self, WallTimeError> {
        Self::try_from(&timestamp.to_zoned(TimeZone::UTC))
    }
}
