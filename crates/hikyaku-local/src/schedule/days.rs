//! Which days of a month a cron expression means.

use jiff::civil::Date;

use super::field::{DAY_OF_MONTH, DAY_OF_WEEK, Set};

/// The day rule of a cron expression: either of the month or of the week, for the other is `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    /// Days of the month.
    OfMonth(Set),
    /// `L`: the last day of the month.
    LastOfMonth,
    /// `LW`: the last Monday-to-Friday of the month.
    LastWeekday,
    /// `15W`: the Monday-to-Friday nearest to that day, within its month. A month without the day is left out.
    NearestWeekday(u16),
    /// Days of the week, 1 = Sunday.
    OfWeek(Set),
    /// `6L`: the last such day of the week in the month.
    LastOfWeek(u16),
    /// `6#3`: the third such day of the week in the month.
    NthOfWeek(u16, u16),
}

impl Days {
    /// Reads the fields day of month and day of week.
    ///
    /// # Errors
    /// The name of the field and what is wrong with it.
    pub(super) fn parse(of_month: &str, of_week: &str) -> Result<Self, (&'static str, String)> {
        match (of_month, of_week) {
            ("?", "?") => Err((
                DAY_OF_WEEK.name,
                "`?` stands in both day fields: write `*` in one of them".to_owned(),
            )),
            ("?", text) => Self::parse_of_week(text).map_err(|reason| (DAY_OF_WEEK.name, reason)),
            (text, "?") => Self::parse_of_month(text).map_err(|reason| (DAY_OF_MONTH.name, reason)),
            _ => Err((
                DAY_OF_WEEK.name,
                "one of the two day fields must be `?`: write `?` here or as day of month"
                    .to_owned(),
            )),
        }
    }

    fn parse_of_month(text: &str) -> Result<Self, String> {
        match text {
            "L" => return Ok(Self::LastOfMonth),
            "LW" => return Ok(Self::LastWeekday),
            _ => {}
        }
        match text.strip_suffix('W') {
            Some(day) => DAY_OF_MONTH.number(day).map(Self::NearestWeekday),
            None => Set::parse(text, &DAY_OF_MONTH).map(Self::OfMonth),
        }
    }

    fn parse_of_week(text: &str) -> Result<Self, String> {
        if let Some((day, nth)) = text.split_once('#') {
            let nth = nth.parse::<u16>().ok().filter(|nth| (1..=5).contains(nth));
            let nth = nth.ok_or_else(|| {
                format!("`{text}`: write one day and its place in the month, 1 to 5, such as 6#3")
            })?;
            return Ok(Self::NthOfWeek(DAY_OF_WEEK.number(day)?, nth));
        }
        match text.strip_suffix('L') {
            // Alone, `L` is the last day of the week.
            Some("") => Set::parse("7", &DAY_OF_WEEK).map(Self::OfWeek),
            Some(day) => DAY_OF_WEEK.number(day).map(Self::LastOfWeek),
            None => Set::parse(text, &DAY_OF_WEEK).map(Self::OfWeek),
        }
    }

    /// The days of that month, ascending from `floor`.
    pub(super) fn of(&self, year: u16, month: u16, floor: u16) -> impl Iterator<Item = u16> + '_ {
        let calendar = Month::new(year, month);
        let days = calendar.map_or(0, |calendar| calendar.days);
        (floor.max(1)..=days)
            .filter(move |day| calendar.is_some_and(|calendar| self.matches(calendar, *day)))
    }

    fn matches(&self, month: Month, day: u16) -> bool {
        match self {
            Self::OfMonth(set) => set.contains(day),
            Self::LastOfMonth => day == month.days,
            Self::LastWeekday => day == month.weekday_up_to(month.days),
            Self::NearestWeekday(wanted) => {
                *wanted <= month.days && day == month.nearest_weekday(*wanted)
            }
            Self::OfWeek(set) => set.contains(month.day_of_week(day)),
            Self::LastOfWeek(wanted) => month.day_of_week(day) == *wanted && day + 7 > month.days,
            Self::NthOfWeek(wanted, nth) => {
                month.day_of_week(day) == *wanted && (day - 1) / 7 + 1 == *nth
            }
        }
    }
}

/// A month of a year: how long it is and how it lies in the week.
#[derive(Debug, Clone, Copy)]
struct Month {
    days: u16,
    /// The day of the week of the first, 0 = Sunday.
    first: u16,
}

impl Month {
    fn new(year: u16, month: u16) -> Option<Self> {
        let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
        let days = u16::try_from(first.days_in_month()).ok()?;
        Some(Self {
            days,
            first: u16::try_from(first.weekday().to_sunday_zero_offset()).ok()?,
        })
    }

    /// 1 = Sunday to 7 = Saturday.
    fn day_of_week(self, day: u16) -> u16 {
        (self.first + day - 1) % 7 + 1
    }

    fn is_weekday(self, day: u16) -> bool {
        (2..=6).contains(&self.day_of_week(day))
    }

    /// The last Monday-to-Friday that is not after `day`.
    fn weekday_up_to(self, day: u16) -> u16 {
        (1..=day)
            .rev()
            .find(|day| self.is_weekday(*day))
            .unwrap_or(day)
    }

    /// A Saturday gives way to Friday and a Sunday to Monday, unless that would leave the month.
    fn nearest_weekday(self, day: u16) -> u16 {
        match self.day_of_week(day) {
            7 if day == 1 => 3,
            7 => day - 1,
            1 if day == self.days => day - 2,
            1 => day + 1,
            _ => day,
        }
    }
}
