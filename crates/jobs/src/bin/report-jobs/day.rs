//! Which day a report is about, and when it begins and ends in its time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use url::Url;

/// A calendar day somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    from: Zoned,
    to: Zoned,
}

/// There is no such day. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DayError {
    /// The name is not one of IANA's.
    #[error(
        "choosing the day: `timeZone` holds `{name}`, which is no time zone; name one such as Asia/Tokyo"
    )]
    TimeZone {
        /// What the payload says.
        name: String,
        /// Why it is none.
        source: jiff::Error,
    },
    /// At the end of the calendar.
    #[error("choosing the day: it is outside the calendar")]
    Calendar(#[from] jiff::Error),
}

impl Day {
    /// The day `date`, from its midnight to the next one.
    pub(crate) fn new(date: Date, time_zone: &str) -> Result<Self, DayError> {
        Self::at(date, find(time_zone)?)
    }

    /// The day before the one that `moment` belongs to.
    pub(crate) fn before(moment: Timestamp, time_zone: &str) -> Result<Self, DayError> {
        let zone = find(time_zone)?;
        Self::at(moment.to_zoned(zone.clone()).date().yesterday()?, zone)
    }

    fn at(date: Date, zone: TimeZone) -> Result<Self, DayError> {
        let to = date.tomorrow()?.to_zoned(zone.clone())?;
        Ok(Self {
            from: date.to_zoned(zone)?,
            to,
        })
    }

    /// Its name in the calendar.
    pub(crate) fn date(&self) -> Date {
        self.from.date()
    }

    /// Its first second, since 1970.
    pub(crate) fn from(&self) -> i64 {
        self.from.timestamp().as_second()
    }

    /// The first second after it, since 1970.
    pub(crate) fn to(&self) -> i64 {
        self.to.timestamp().as_second()
    }

    /// The time zone's name.
    pub(crate) fn time_zone(&self) -> &str {
        self.from.time_zone().iana_name().unwrap_or("UTC")
    }

    /// A second of the day as people there read it.
    pub(crate) fn clock(&self, second: i64) -> String {
        let moment = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        moment
            .to_zoned(self.from.time_zone().clone())
            .strftime("%Y-%m-%d %H:%M:%S%:z")
            .to_string()
    }
}

fn find(time_zone: &str) -> Result<TimeZone, DayError> {
    TimeZone::get(time_zone).map_err(|source| DayError::TimeZone {
        name: time_zone.to_owned(),
        source,
    })
}

/// The URL of the day's report in `folder`.
pub(crate) fn object(folder: &Url, day: &Day, extension: &str) -> Url {
    let mut url = folder.clone();
    url.set_path(&format!(
        "{}/failed-jobs-{}.{extension}",
        folder.path().trim_end_matches('/'),
        day.date()
    ));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(moment: &str, time_zone: &str, date: &str, from: &str, to: &str) {
        let day = Day::before(moment.parse().unwrap(), time_zone).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        assert_eq!(
            (day.date().to_string().as_str(), day.from(), day.to()),
            (date, at(from), at(to))
        );
    }

    #[test]
    fn yesterday_ends_at_midnight_in_tokyo() {
        // Half past midnight on the 23rd in Tokyo, when the 22nd is not over in UTC.
        check(
            "2026-11-22T15:30:00Z",
            "Asia/Tokyo",
            "2026-11-22",
            "2026-11-21T15:00:00Z",
            "2026-11-22T15:00:00Z",
        );
        check(
            "2026-11-22T15:00:00Z",
            "Asia/Tokyo",
            "2026-11-22",
            "2026-11-21T15:00:00Z",
            "2026-11-22T15:00:00Z",
        );
        check(
            "2026-11-22T14:59:59Z",
            "Asia/Tokyo",
            "2026-11-21",
            "2026-11-20T15:00:00Z",
            "2026-11-21T15:00:00Z",
        );
        check(
            "2027-01-01T00:00:00Z",
            "Asia/Tokyo",
            "2026-12-31",
            "2026-12-30T15:00:00Z",
            "2026-12-31T15:00:00Z",
        );
    }

    #[test]
    fn a_day_may_have_23_or_25_hours_elsewhere() {
        check(
            "2026-03-30T12:00:00Z",
            "Europe/Berlin",
            "2026-03-29",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        );
        check(
            "2026-10-26T12:00:00Z",
            "Europe/Berlin",
            "2026-10-25",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        );
    }

    #[test]
    fn a_date_names_its_own_day() {
        let day = Day::new("2026-11-22".parse().unwrap(), "Asia/Tokyo").unwrap();
        assert_eq!(day.clock(day.from()), "2026-11-22 00:00:00+09:00");
        assert_eq!(day.clock(day.to() - 1), "2026-11-22 23:59:59+09:00");
        assert_eq!(day.time_zone(), "Asia/Tokyo");
    }

    #[test]
    fn what_is_no_day_says_why() {
        let error = Day::new("2026-11-22".parse().unwrap(), "Asia/Edo")
            .unwrap_err()
            .to_string();
        assert!(error.contains("`timeZone` holds `Asia/Edo`"), "{error}");
        assert!(matches!(
            Day::new(Date::MAX, "UTC"),
            Err(DayError::Calendar(_))
        ));
    }

    #[test]
    fn objects_are_named_after_the_day() {
        let day = Day::new("2026-11-22".parse().unwrap(), "UTC").unwrap();
        for folder in ["s3://shop/reports", "s3://shop/reports/"] {
            let url = object(&folder.parse().unwrap(), &day, "csv");
            assert_eq!(url.as_str(), "s3://shop/reports/failed-jobs-2026-11-22.csv");
        }
        assert_eq!(
            object(&"s3://shop".parse().unwrap(), &day, "md").as_str(),
            "s3://shop/failed-jobs-2026-11-22.md"
        );
    }
}
