//! Times as people tell them on a command line.

use std::str::FromStr;
use std::time::Duration;

use hikyaku::Timestamp;

/// A moment, or a time before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Ago(Duration),
    Moment(Timestamp),
}

impl Since {
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Ago(ago) => {
                let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
                Timestamp::from_millis(now.as_millis().saturating_sub(ago))
            }
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::Moment(Timestamp::from_secs(moment.as_second())));
        }
        duration(text).map(Self::Ago).ok_or_else(|| {
            "expected a number and s, m, h or d, or a time such as 2026-11-26T10:00:00Z".to_owned()
        })
    }
}

/// `90s`, `30m`, `6h`, `2d`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let end = text.find(|letter: char| !letter.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    number.checked_mul(unit).map(Duration::from_secs)
}

/// A time to wait, for clap.
pub(crate) fn wait(text: &str) -> Result<Duration, String> {
    duration(text)
        .ok_or_else(|| "expected a number and s, m, h or d, such as 90s or 15m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        let now = Timestamp::from_secs(1_000_000);
        for (text, seconds) in [
            ("90", 999_910),
            ("30m", 998_200),
            ("6h", 978_400),
            ("2d", 827_200),
            ("1970-01-01T00:01:00Z", 60),
        ] {
            let since: Since = text.parse().unwrap();
            assert_eq!(since.moment(now), Timestamp::from_secs(seconds), "{text}");
        }
        for text in ["", "h", "6 hours", "yesterday", "99999999999999999999d"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
