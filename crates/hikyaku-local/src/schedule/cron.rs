//! `cron(minute hour day-of-month month day-of-week year)`.

use jiff::civil::DateTime;

use super::ScheduleError;
use super::days::Days;
use super::field::{HOUR, MINUTE, MONTH, Range, Set, YEAR};

/// The six fields, as the page "Cron expressions reference" of the EventBridge user guide has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Set,
    hours: Set,
    days: Days,
    months: Set,
    years: Set,
}

impl Cron {
    /// Reads the inside of a `cron()`.
    pub(super) fn parse(expression: &str, inside: &str) -> Result<Self, ScheduleError> {
        let refuse = |field, reason| ScheduleError::Cron {
            expression: expression.to_owned(),
            field,
            reason,
        };
        let fields: Vec<&str> = inside.split_whitespace().collect();
        let [minute, hour, of_month, month, of_week, year] = fields[..] else {
            let reason = format!(
                "six are needed: minute, hour, day of month, month, day of week, year; here are {}",
                fields.len()
            );
            return Err(refuse("fields", reason));
        };
        let set = |text: &str, range: &Range| {
            Set::parse(text, range).map_err(|reason| refuse(range.name, reason))
        };
        Ok(Self {
            minutes: set(minute, &MINUTE)?,
            hours: set(hour, &HOUR)?,
            days: Days::parse(of_month, of_week)
                .map_err(|(field, reason)| refuse(field, reason))?,
            months: set(month, &MONTH)?,
            years: set(year, &YEAR)?,
        })
    }

    /// The first minute that the fields allow and that is not before `floor`.
    ///
    /// It goes from year to month to day and never visits a minute that does not match, so that an expression that never
    /// fires (30 February) is answered after at most 230 years of months.
    pub(super) fn first_from(&self, floor: DateTime) -> Option<DateTime> {
        let floor = Parts::of(floor)?;
        for year in self.years.from(floor.year) {
            let in_year = floor.within(year == floor.year);
            for month in self.months.from(in_year.month) {
                let in_month = in_year.within(month == in_year.month);
                for day in self.days.of(year, month, in_month.day) {
                    let in_day = in_month.within(day == in_month.day);
                    if let Some((hour, minute)) = self.first_time(&in_day) {
                        return Parts {
                            year,
                            month,
                            day,
                            hour,
                            minute,
                        }
                        .to_civil();
                    }
                }
            }
        }
        None
    }

    fn first_time(&self, floor: &Parts) -> Option<(u16, u16)> {
        self.hours.from(floor.hour).find_map(|hour| {
            let minute_floor = if hour == floor.hour { floor.minute } else { 0 };
            self.minutes
                .from(minute_floor)
                .next()
                .map(|minute| (hour, minute))
        })
    }
}

/// A civil minute, and the lower bound of a search for one.
#[derive(Debug, Clone, Copy)]
struct Parts {
    year: u16,
    month: u16,
    day: u16,
    hour: u16,
    minute: u16,
}

impl Parts {
    fn of(civil: DateTime) -> Option<Self> {
        Some(Self {
            year: u16::try_from(civil.year()).ok()?,
            month: u16::try_from(civil.month()).ok()?,
            day: u16::try_from(civil.day()).ok()?,
            hour: u16::try_from(civil.hour()).ok()?,
            minute: u16::try_from(civil.minute()).ok()?,
        })
    }

    /// The bound for the next smaller unit: the same while the search is still in the unit of the bound, else none.
    fn within(self, same_unit: bool) -> Self {
        if same_unit {
            self
        } else {
            Self {
                year: 0,
                month: 0,
                day: 0,
                hour: 0,
                minute: 0,
            }
        }
    }

    fn to_civil(self) -> Option<DateTime> {
        let part = |number: u16| i8::try_from(number).ok();
        let year = i16::try_from(self.year).ok()?;
        DateTime::new(
            year,
            part(self.month)?,
            part(self.day)?,
            part(self.hour)?,
            part(self.minute)?,
            0,
            0,
        )
        .ok()
    }
}
