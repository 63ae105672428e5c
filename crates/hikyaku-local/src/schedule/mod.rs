//! Schedules: `rate()`, `cron()` and `at()`, with time zones.
//!
//! A [`Schedule`] says when, a [`Timetable`] says which of several is next, and [`event`] makes what their targets receive.
//! Nothing here waits or looks at a clock: times are milliseconds since 1970-01-01T00:00:00Z and come in as arguments.

mod cron;
mod days;
mod error;
pub mod event;
mod field;
mod rate;
mod timetable;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use cron::Cron;
use rate::Grammar;

pub use error::ScheduleError;
pub use timetable::{Firing, Timetable};

/// When something fires.
///
/// Daylight saving time is as the AWS re:Post article "How can I adjust my Amazon EventBridge schedule for daylight saving?"
/// states it for EventBridge Scheduler: a cron time that the spring change leaves out is skipped; a time that the autumn
/// change repeats fires once (here: the first time round); a rate in days is a multiple of 24 hours. Rules are UTC only.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: String,
    timing: Timing,
    zone: TimeZone,
    anchor_ms: u64,
    starts_ms: Option<u64>,
    ends_ms: Option<u64>,
}

#[derive(Debug, Clone)]
enum Timing {
    Rate { period_ms: u64 },
    Cron(Cron),
    At(u64),
}

impl Schedule {
    /// Reads an expression of EventBridge Scheduler: `rate()`, `cron()` or `at()`, in that time zone (UTC unless stated).
    ///
    /// An `at()` that falls into the hour that the spring change leaves out fires that much later.
    pub fn parse(expression: &str, time_zone: Option<&str>) -> Result<Self, ScheduleError> {
        let zone = time_zone.map_or(Ok(TimeZone::UTC), find_zone)?;
        let timing = if let Some(inside) = inside(expression, "rate") {
            Timing::Rate {
                period_ms: rate::period_ms(expression, inside, Grammar::Scheduler)?,
            }
        } else if let Some(inside) = inside(expression, "cron") {
            Timing::Cron(Cron::parse(expression, inside)?)
        } else if let Some(inside) = inside(expression, "at") {
            Timing::At(parse_at(expression, inside, &zone)?)
        } else {
            let allowed = "rate(5 minutes), cron(0 9 * * ? *) or at(2027-01-31T09:00:00)";
            return Err(ScheduleError::Form {
                expression: expression.to_owned(),
                allowed,
            });
        };
        Ok(Self::new(expression, timing, zone))
    }

    /// Reads an expression of an EventBridge rule: `rate()` with the unit in the right number, or `cron()`; always UTC.
    pub fn parse_rule(expression: &str) -> Result<Self, ScheduleError> {
        let timing = if let Some(inside) = inside(expression, "rate") {
            Timing::Rate {
                period_ms: rate::period_ms(expression, inside, Grammar::Rule)?,
            }
        } else if let Some(inside) = inside(expression, "cron") {
            Timing::Cron(Cron::parse(expression, inside)?)
        } else {
            let allowed = "rate(5 minutes) or cron(0 9 * * ? *); at() is for EventBridge Scheduler";
            return Err(ScheduleError::Form {
                expression: expression.to_owned(),
                allowed,
            });
        };
        Ok(Self::new(expression, timing, TimeZone::UTC))
    }

    fn new(expression: &str, timing: Timing, zone: TimeZone) -> Self {
        Self {
            expression: expression.to_owned(),
            timing,
            zone,
            anchor_ms: 0,
            starts_ms: None,
            ends_ms: None,
        }
    }

    /// Nothing fires before that time (`StartDate`), and a rate counts from it: it is its first firing.
    #[must_use]
    pub fn starting_at(mut self, unix_ms: u64) -> Self {
        self.starts_ms = Some(unix_ms);
        self.anchored_at(unix_ms)
    }

    /// Nothing fires at that time or later (`EndDate`).
    #[must_use]
    pub fn ending_at(mut self, unix_ms: u64) -> Self {
        self.ends_ms = Some(unix_ms);
        self
    }

    /// A rate counts its periods from that time. Until it is told, it counts from 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn anchored_at(mut self, unix_ms: u64) -> Self {
        self.anchor_ms = unix_ms;
        self
    }

    /// The expression as it was written.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The name of the time zone.
    pub fn time_zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Whether a rate still has to be told what it counts from.
    fn needs_anchor(&self) -> bool {
        matches!(self.timing, Timing::Rate { .. }) && self.starts_ms.is_none()
    }

    /// The first firing after that time; `None` if there is none any more. Takes microseconds, whatever the expression.
    pub fn next_after(&self, unix_ms: u64) -> Option<u64> {
        // `StartDate` itself may fire, so the search begins just before it.
        let (after_ms, start_included) = match self.starts_ms {
            Some(starts_ms) if starts_ms > unix_ms => (starts_ms.saturating_sub(1), true),
            _ => (unix_ms, false),
        };
        let next_ms = match &self.timing {
            Timing::Rate { .. } if start_included => Some(self.anchor_ms),
            Timing::Rate { period_ms } => rate::next_after(*period_ms, self.anchor_ms, after_ms),
            Timing::Cron(cron) => self.next_cron(cron, after_ms),
            Timing::At(at_ms) => Some(*at_ms).filter(|at_ms| *at_ms > after_ms),
        };
        next_ms.filter(|next_ms| self.ends_ms.is_none_or(|ends_ms| *next_ms < ends_ms))
    }

    fn next_cron(&self, cron: &Cron, after_ms: u64) -> Option<u64> {
        let next_minute_ms = (after_ms / MINUTE_MS)
            .checked_add(1)?
            .checked_mul(MINUTE_MS)?;
        let instant = Timestamp::from_millisecond(i64::try_from(next_minute_ms).ok()?).ok()?;
        let mut floor = whole_minute(self.zone.to_datetime(instant))?;
        for _ in 0..MOST_SKIPPED {
            let civil = cron.first_from(floor)?;
            if let Some(fires_ms) = self
                .instant_of(civil)
                .filter(|fires_ms| *fires_ms > after_ms)
            {
                return Some(fires_ms);
            }
            // The time is in a gap of the clock, or is the second round of an hour that has fired already.
            floor = civil.checked_add(1.minute()).ok()?;
        }
        None
    }

    /// The instant of a local time: the first of two, `None` if the clock jumps over it.
    fn instant_of(&self, civil: DateTime) -> Option<u64> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            return None;
        }
        u64::try_from(ambiguous.earlier().ok()?.as_millisecond()).ok()
    }
}

const MINUTE_MS: u64 = 60_000;

/// The longest jump of any clock was one day (Samoa, 2011): no search skips more minutes than two days have.
const MOST_SKIPPED: usize = 2 * 24 * 60;

/// Rounds up to a minute: until 1972 there were zones with seconds in their offset.
fn whole_minute(civil: DateTime) -> Option<DateTime> {
    let seconds = i64::from(civil.second());
    if seconds == 0 {
        Some(civil)
    } else {
        civil.checked_add((60 - seconds).seconds()).ok()
    }
}

fn inside<'a>(expression: &'a str, form: &str) -> Option<&'a str> {
    expression
        .trim()
        .strip_prefix(form)?
        .strip_prefix('(')?
        .strip_suffix(')')
}

fn find_zone(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|_| ScheduleError::TimeZone {
        name: name.to_owned(),
    })
}

fn parse_at(expression: &str, inside: &str, zone: &TimeZone) -> Result<u64, ScheduleError> {
    let refuse = || ScheduleError::At {
        expression: expression.to_owned(),
    };
    let civil: DateTime = inside.parse().map_err(|_| refuse())?;
    // jiff reads more forms of ISO 8601 than AWS does.
    if civil.to_string() != inside {
        return Err(refuse());
    }
    let instant = zone
        .to_ambiguous_timestamp(civil)
        .compatible()
        .map_err(|_| refuse())?;
    u64::try_from(instant.as_millisecond()).map_err(|_| refuse())
}

#[cfg(test)]
mod tests;
