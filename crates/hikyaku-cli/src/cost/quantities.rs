//! Numbers as people type them: 1M jobs, 30/min, 200ms, two containers of half a processor.

use rust_decimal::Decimal;

use super::bill::HOURS;

/// More jobs a month than any account runs, and few enough for exact arithmetic.
const MOST_JOBS: u64 = 1_000_000_000_000;
const DAY_MS: u64 = 86_400_000;

/// `1000000`, `1M`, `500k`, `30/min`.
pub(crate) fn jobs_a_month(text: &str) -> Result<Decimal, String> {
    let (number, per) = text.split_once('/').unwrap_or((text, "month"));
    let times = match per.trim() {
        "month" | "mo" => Decimal::ONE,
        "day" | "d" => HOURS / Decimal::from(24),
        "hour" | "h" => HOURS,
        "minute" | "min" | "m" => HOURS * Decimal::from(60),
        "second" | "sec" | "s" => HOURS * Decimal::from(3600),
        other => {
            return Err(format!(
                "`{other}` is no time: take /s, /min, /hour, /day or /month"
            ));
        }
    };
    let number = number.trim().replace([',', '_'], "");
    let (digits, factor) = match number.char_indices().last() {
        Some((at, 'k' | 'K')) => (&number[..at], 1_000),
        Some((at, 'm' | 'M')) => (&number[..at], 1_000_000),
        Some((at, 'b' | 'B' | 'g' | 'G')) => (&number[..at], 1_000_000_000_u64),
        _ => (number.as_str(), 1),
    };
    let count: Decimal = digits
        .parse()
        .map_err(|_| "a number of jobs is expected: 250000, 1.5M, 30/min".to_owned())?;
    if count.is_sign_negative() || count > Decimal::from(MOST_JOBS) {
        return Err("0 to 10^12 jobs a month are expected".to_owned());
    }
    // A day's share of a month is no finite decimal.
    let jobs = (count * Decimal::from(factor) * times).round_dp(6);
    if jobs > Decimal::from(MOST_JOBS) {
        return Err(
            "more than 10^12 jobs a month is more than this can say anything about".to_owned(),
        );
    }
    Ok(jobs)
}

/// `200ms`, `2s`, `1m30s`, `1h`; a bare number is seconds.
pub(crate) fn milliseconds(text: &str) -> Result<u64, String> {
    const EXPECTED: &str = "a time is expected: 200ms, 2s, 1m30s";
    let text = text.trim();
    if let Ok(seconds) = text.parse::<Decimal>() {
        let milliseconds = seconds.checked_mul(Decimal::ONE_THOUSAND);
        return within_a_day(milliseconds.unwrap_or(Decimal::MAX), EXPECTED);
    }
    let mut rest = text;
    let mut sum = Decimal::ZERO;
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .ok_or(EXPECTED)?;
        let (number, after) = rest.split_at(end);
        let unit = after
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return Err(EXPECTED.to_owned()),
        };
        let number: Decimal = number.parse().map_err(|_| EXPECTED.to_owned())?;
        sum += number.min(Decimal::from(DAY_MS)) * Decimal::from(factor);
        rest = after;
    }
    within_a_day(sum, EXPECTED)
}

fn within_a_day(milliseconds: Decimal, expected: &str) -> Result<u64, String> {
    if milliseconds > Decimal::from(DAY_MS) {
        return Err("a day is the longest time that is taken".to_owned());
    }
    match u64::try_from(milliseconds.round()) {
        Ok(0) | Err(_) => Err(expected.to_owned()),
        Ok(milliseconds) => Ok(milliseconds),
    }
}

/// `2x0.5vcpu/1gb`: how many, processors and memory of each.
pub(crate) fn containers(text: &str) -> Result<(u32, Decimal, Decimal), String> {
    const EXPECTED: &str = "containers are written as 2x0.5vcpu/1gb: how many, processors, memory";
    let lower = text.trim().to_ascii_lowercase().replace(' ', "");
    let (count, size) = lower.split_once('x').unwrap_or(("1", &lower));
    let (processors, memory) = size.split_once('/').ok_or(EXPECTED)?;
    let count: u32 = count.parse().map_err(|_| EXPECTED)?;
    let number = |text: &str, unit: &str| -> Option<Decimal> {
        text.strip_suffix(unit).unwrap_or(text).parse().ok()
    };
    let processors = number(processors, "vcpu").ok_or(EXPECTED)?;
    let memory = number(memory, "gb").ok_or(EXPECTED)?;
    let largest = Decimal::from(1000);
    if processors <= Decimal::ZERO
        || processors > largest
        || memory <= Decimal::ZERO
        || memory > largest
    {
        return Err(EXPECTED.to_owned());
    }
    Ok((count, processors, memory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_counted_by_the_month_or_by_a_rate() {
        for (text, jobs) in [
            ("1000000", 1_000_000),
            ("1,000,000", 1_000_000),
            ("1.5M", 1_500_000),
            ("500k", 500_000),
            ("2b", 2_000_000_000),
            ("30/min", 1_314_000),
            ("1/s", 2_628_000),
            ("24/day", 730),
            ("0", 0),
        ] {
            assert_eq!(jobs_a_month(text), Ok(Decimal::from(jobs)), "{text}");
        }
        for text in ["", "many", "-1", "1/week", "1e30", "99999b", "ü"] {
            assert!(jobs_a_month(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_a_number_with_a_unit() {
        for (text, expected) in [
            ("200ms", 200),
            ("2s", 2_000),
            ("2", 2_000),
            ("0.2", 200),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
        ] {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "0",
            "s",
            "2x",
            "2s3",
            "25h",
            "99999999999999999999999999999s",
            "1ü",
        ] {
            assert!(milliseconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn containers_are_a_count_and_a_size() {
        let half = Decimal::new(5, 1);
        assert_eq!(containers("2x0.5vcpu/1gb"), Ok((2, half, Decimal::ONE)));
        assert_eq!(containers("0.5/1"), Ok((1, half, Decimal::ONE)));
        for text in ["", "2", "2x", "axb/c", "2x0/1", "1x-1/1"] {
            assert!(containers(text).is_err(), "{text}");
        }
    }
}
