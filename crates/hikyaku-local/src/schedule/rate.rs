//! `rate(value unit)`.

use super::ScheduleError;

/// Which service reads a rate: they differ in how strictly they take the plural.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    /// EventBridge rules: `rate(1 hour)` and `rate(5 hours)`, never `rate(1 hours)` (page "Rate expressions reference").
    Rule,
    /// EventBridge Scheduler documents the plural only and takes the singular too (page "Schedule types in EventBridge
    /// Scheduler").
    Scheduler,
}

/// The period in milliseconds of `value unit`, the inside of a `rate()`.
pub(super) fn period_ms(
    expression: &str,
    inside: &str,
    grammar: Grammar,
) -> Result<u64, ScheduleError> {
    let refuse = |reason: String| ScheduleError::Rate {
        expression: expression.to_owned(),
        reason,
    };
    let mut words = inside.split_whitespace();
    let (Some(value), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(refuse(
            "write a number and a unit, such as rate(5 minutes)".to_owned(),
        ));
    };
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = value
        .parse()
        .ok()
        .filter(|count| digits && *count > 0)
        .ok_or_else(|| refuse(format!("`{value}` is not a positive whole number")))?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let unit_ms: u64 = match singular {
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" => 86_400_000,
        _ => return Err(refuse(format!("`{unit}` is not minutes, hours or days"))),
    };
    if grammar == Grammar::Rule && (count == 1) != (singular == unit) {
        let right = if count == 1 {
            singular.to_owned()
        } else {
            format!("{singular}s")
        };
        return Err(refuse(format!(
            "a rule takes the unit in the number of its value: write rate({count} {right})"
        )));
    }
    count
        .checked_mul(unit_ms)
        .filter(|period| *period < MAXIMUM_MS)
        .ok_or_else(|| refuse(format!("`{value}` is too large")))
}

/// A thousand years. AWS states no limit; this one keeps sums of times from overflowing.
const MAXIMUM_MS: u64 = 1_000 * 366 * 86_400_000;

/// The first time after `after_ms` that is `anchor_ms` plus a whole number of periods.
pub(super) fn next_after(period_ms: u64, anchor_ms: u64, after_ms: u64) -> Option<u64> {
    let Some(elapsed) = after_ms.checked_sub(anchor_ms) else {
        return Some(anchor_ms);
    };
    let periods = (elapsed / period_ms).checked_add(1)?;
    anchor_ms.checked_add(periods.checked_mul(period_ms)?)
}
