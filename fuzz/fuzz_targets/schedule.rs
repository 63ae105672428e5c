//! Any text as a schedule's expression: refused, or firing at times that only go on.
#![no_main]

use hikyaku_local::schedule::Schedule;
use libfuzzer_sys::fuzz_target;

/// Where time may stand: the beginning, a spring change, a leap day, the end of most calendars, the end of numbers.
const NOW_MS: [u64; 5] = [
    0,
    1_774_746_000_000,
    1_709_164_800_000,
    253_402_300_799_999,
    u64::MAX - 1,
];

/// The firings after a moment come one after the other, and one that is searched from just before it is found again.
fn goes_on(schedule: &Schedule, now_ms: u64) {
    let mut last_ms = now_ms;
    for _ in 0..4 {
        let Some(next_ms) = schedule.next_after(last_ms) else {
            return;
        };
        assert!(
            next_ms > last_ms,
            "{schedule:?} fires at {next_ms} after {last_ms}"
        );
        let before_ms = next_ms - 1;
        assert_eq!(
            schedule.next_after(before_ms),
            Some(next_ms),
            "{schedule:?}"
        );
        last_ms = next_ms;
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let (expression, zone) = match text.split_once(") ") {
        Some((start, zone)) => (format!("{start})"), Some(zone)),
        None => (text.to_owned(), None),
    };
    let schedules = [
        Schedule::parse(&expression, zone),
        Schedule::parse_rule(&expression),
    ];
    for schedule in schedules.into_iter().flatten() {
        assert_eq!(schedule.expression(), expression);
        for now_ms in NOW_MS {
            goes_on(&schedule, now_ms);
            goes_on(&schedule.clone().starting_at(now_ms), now_ms / 2);
            goes_on(&schedule.clone().ending_at(now_ms), now_ms / 2);
        }
    }
});
