//! Tests of schedules: tables of expected times, and properties that hold for every expression.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

fn ms(text: &str) -> u64 {
    u64::try_from(
        text.parse::<Timestamp>()
            .expect("a timestamp")
            .as_millisecond(),
    )
    .expect("after 1970")
}

fn shown(unix_ms: u64) -> String {
    Timestamp::from_millisecond(i64::try_from(unix_ms).expect("in range"))
        .expect("in range")
        .to_string()
}

/// The first firings after a time, all in UTC.
#[track_caller]
fn check(expression: &str, zone: Option<&str>, after: &str, expected: &[&str]) {
    let schedule = Schedule::parse(expression, zone).expect(expression);
    let mut at_ms = ms(after);
    for expected in expected {
        at_ms = schedule
            .next_after(at_ms)
            .unwrap_or_else(|| panic!("{expression} never fires after {}", shown(at_ms)));
        assert_eq!(shown(at_ms), *expected, "{expression}");
    }
}

#[track_caller]
fn refused(expression: &str, reason: &str) {
    let error = Schedule::parse(expression, None)
        .expect_err(expression)
        .to_string();
    assert!(error.contains(reason), "{error}");
    assert!(error.contains(expression), "{error}");
}

#[test]
fn cron_fires_at_the_times_of_its_fields() {
    let utc =
        |expression: &str, after: &str, expected: &[&str]| check(expression, None, after, expected);
    utc(
        "cron(0 10 * * ? *)",
        "2027-01-01T10:00:00Z",
        &["2027-01-02T10:00:00Z", "2027-01-03T10:00:00Z"],
    );
    utc(
        "cron(0 10 * * ? *)",
        "2027-01-01T09:59:59.999Z",
        &["2027-01-01T10:00:00Z"],
    );
    utc(
        "cron(* * * * ? *)",
        "2027-12-31T23:59:00Z",
        &["2028-01-01T00:00:00Z", "2028-01-01T00:01:00Z"],
    );
    utc(
        "cron(1/10 * * * ? *)",
        "2027-01-01T00:45:00Z",
        &["2027-01-01T00:51:00Z", "2027-01-01T01:01:00Z"],
    );
    utc(
        "cron(*/25 8-9 * * ? *)",
        "2027-01-01T08:30:00Z",
        &["2027-01-01T08:50:00Z", "2027-01-01T09:00:00Z"],
    );
    utc(
        "cron(10-30/10 0 * * ? *)",
        "2027-01-01T00:20:00Z",
        &["2027-01-01T00:30:00Z", "2027-01-02T00:10:00Z"],
    );
    utc(
        "cron(0 18 ? * MON-FRI *)",
        "2027-01-01T18:00:00Z",
        &["2027-01-04T18:00:00Z", "2027-01-05T18:00:00Z"],
    );
    utc(
        "cron(0 8 1 * ? *)",
        "2027-01-15T00:00:00Z",
        &["2027-02-01T08:00:00Z"],
    );
    utc(
        "cron(0 0 ? jan,JUL 1 *)",
        "2027-01-26T00:00:00Z",
        &["2027-01-31T00:00:00Z", "2027-07-04T00:00:00Z"],
    );
    utc(
        "cron(0 0 1 1 ? 2030/5)",
        "2027-01-01T00:00:00Z",
        &["2030-01-01T00:00:00Z", "2035-01-01T00:00:00Z"],
    );
    utc(
        "cron( 5,35   14 * * ?  * )",
        "2027-01-01T14:05:00Z",
        &["2027-01-01T14:35:00Z", "2027-01-02T14:05:00Z"],
    );
}

#[test]
fn cron_knows_last_nearest_and_nth_days() {
    let utc =
        |expression: &str, after: &str, expected: &[&str]| check(expression, None, after, expected);
    utc(
        "cron(0 0 L * ? *)",
        "2028-01-31T00:00:00Z",
        &["2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"],
    );
    // 31 January 2027 is a Sunday, 28 February too.
    utc(
        "cron(0 0 LW * ? *)",
        "2027-01-01T00:00:00Z",
        &["2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z"],
    );
    // 3 January 2027 is a Sunday, 3 April a Saturday.
    utc(
        "cron(0 0 3W * ? *)",
        "2027-01-01T00:00:00Z",
        &["2027-01-04T00:00:00Z", "2027-02-03T00:00:00Z"],
    );
    utc(
        "cron(0 0 3W 4 ? *)",
        "2027-01-01T00:00:00Z",
        &["2027-04-02T00:00:00Z"],
    );
    // 1 May 2027 is a Saturday and 31 January 2027 a Sunday: the day stays in its month.
    utc(
        "cron(0 0 1W 5 ? *)",
        "2027-01-01T00:00:00Z",
        &["2027-05-03T00:00:00Z"],
    );
    utc(
        "cron(0 0 31W * ? *)",
        "2027-01-01T00:00:00Z",
        &["2027-01-29T00:00:00Z", "2027-03-31T00:00:00Z"],
    );
    utc(
        "cron(0 0 ? * L *)",
        "2027-01-01T00:00:00Z",
        &["2027-01-02T00:00:00Z", "2027-01-09T00:00:00Z"],
    );
    utc(
        "cron(0 0 ? * 6L *)",
        "2027-01-01T00:00:00Z",
        &["2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z"],
    );
    utc(
        "cron(0 0 ? * FRIL *)",
        "2027-02-27T00:00:00Z",
        &["2027-03-26T00:00:00Z"],
    );
    utc(
        "cron(0 0 ? * 3#2 *)",
        "2027-01-01T00:00:00Z",
        &["2027-01-12T00:00:00Z", "2027-02-09T00:00:00Z"],
    );
    utc(
        "cron(0 0 ? * MON#5 *)",
        "2027-01-01T00:00:00Z",
        &["2027-03-29T00:00:00Z", "2027-05-31T00:00:00Z"],
    );
}

#[test]
fn cron_follows_the_time_zone() {
    check(
        "cron(0 9 * * ? *)",
        Some("Asia/Tokyo"),
        "2027-01-01T00:00:00Z",
        &["2027-01-02T00:00:00Z"],
    );
    check(
        "cron(30 0 1 * ? *)",
        Some("Asia/Tokyo"),
        "2027-01-01T00:00:00Z",
        &["2027-01-31T15:30:00Z"],
    );
    let before = "2027-03-12T15:00:00Z";
    let across = &[
        "2027-03-13T14:00:00Z",
        "2027-03-14T13:00:00Z",
        "2027-03-15T13:00:00Z",
    ];
    check(
        "cron(0 9 * * ? *)",
        Some("America/New_York"),
        before,
        across,
    );
    check(
        "cron(0 * * * ? *)",
        Some("Asia/Kolkata"),
        "2027-01-01T00:00:00Z",
        &["2027-01-01T00:30:00Z"],
    );
}

#[test]
fn a_time_the_spring_change_leaves_out_is_skipped() {
    // New York, 14 March 2027: 02:00 becomes 03:00.
    let new_york = Some("America/New_York");
    check(
        "cron(30 2 * * ? *)",
        new_york,
        "2027-03-13T12:00:00Z",
        &["2027-03-15T06:30:00Z"],
    );
    let through = &[
        "2027-03-14T06:30:00Z",
        "2027-03-14T07:00:00Z",
        "2027-03-14T07:30:00Z",
    ];
    check(
        "cron(0/30 * * * ? *)",
        new_york,
        "2027-03-14T06:00:00Z",
        through,
    );
    // Only that one morning matches: it never fires.
    let schedule = Schedule::parse("cron(30 2 14 3 ? 2027)", new_york).expect("a schedule");
    assert_eq!(schedule.next_after(0), None);
}

#[test]
fn a_time_the_autumn_change_repeats_fires_once() {
    // New York, 7 November 2027: 02:00 becomes 01:00. 05:30Z and 06:30Z are both 01:30.
    let new_york = Some("America/New_York");
    check(
        "cron(30 1 * * ? *)",
        new_york,
        "2027-11-07T04:00:00Z",
        &["2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"],
    );
    check(
        "cron(30 1 * * ? *)",
        new_york,
        "2027-11-07T06:00:00Z",
        &["2027-11-08T06:30:00Z"],
    );
    check(
        "cron(0/30 * * * ? *)",
        new_york,
        "2027-11-07T05:00:00Z",
        &["2027-11-07T05:30:00Z", "2027-11-07T07:00:00Z"],
    );
}

#[test]
fn a_day_that_a_zone_skipped_is_skipped() {
    // Apia had no 30 December 2011.
    check(
        "cron(0 12 * * ? *)",
        Some("Pacific/Apia"),
        "2011-12-29T20:00:00Z",
        &["2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"],
    );
}

#[test]
fn what_never_fires_is_known_at_once() {
    for expression in [
        "cron(0 0 30 2 ? *)",
        "cron(0 0 31 4,6,9,11 ? *)",
        "cron(0 0 29 2 ? 2027)",
        "cron(0 0 ? 2 1#5 2027)",
    ] {
        let schedule = Schedule::parse(expression, Some("America/New_York")).expect(expression);
        assert_eq!(
            schedule.next_after(ms("2027-01-01T00:00:00Z")),
            None,
            "{expression}"
        );
    }
    let past = Schedule::parse("cron(0 0 1 1 ? 2020)", None).expect("a schedule");
    assert_eq!(past.next_after(ms("2027-01-01T00:00:00Z")), None);
    check(
        "cron(0 0 29 2 ? *)",
        None,
        "2096-03-01T00:00:00Z",
        &["2104-02-29T00:00:00Z"],
    );
}

#[test]
fn next_after_takes_any_number() {
    for expression in [
        "cron(* * * * ? *)",
        "rate(1 minute)",
        "rate(300000 days)",
        "at(2027-01-01T00:00:00)",
    ] {
        let schedule = Schedule::parse(expression, None).expect(expression);
        assert_eq!(schedule.next_after(u64::MAX), None, "{expression}");
        assert!(schedule.next_after(0).is_some(), "{expression}");
    }
}

#[test]
fn rates_count_from_their_anchor() {
    check(
        "rate(5 minutes)",
        None,
        "2027-01-01T00:04:59Z",
        &["2027-01-01T00:05:00Z", "2027-01-01T00:10:00Z"],
    );
    let anchored = Schedule::parse("rate(1 day)", None)
        .expect("a rate")
        .anchored_at(ms("2027-01-01T06:00:00Z"));
    assert_eq!(
        anchored.next_after(ms("2027-01-01T06:00:00Z")),
        Some(ms("2027-01-02T06:00:00Z"))
    );
    // Days are 24 hours, whatever the clock does.
    let zone = Some("America/New_York");
    let daily = Schedule::parse("rate(1 days)", zone)
        .expect("a rate")
        .anchored_at(ms("2027-03-13T12:00:00Z"));
    assert_eq!(
        daily.next_after(ms("2027-03-13T12:00:00Z")),
        Some(ms("2027-03-14T12:00:00Z"))
    );
}

#[test]
fn start_and_end_bound_the_firings() {
    let (start_ms, end_ms) = (ms("2027-01-01T00:07:00Z"), ms("2027-01-01T00:17:00Z"));
    let rate = Schedule::parse("rate(5 minutes)", None)
        .expect("a rate")
        .starting_at(start_ms)
        .ending_at(end_ms);
    assert_eq!(rate.next_after(0), Some(start_ms));
    assert_eq!(rate.next_after(start_ms), Some(ms("2027-01-01T00:12:00Z")));
    assert_eq!(rate.next_after(ms("2027-01-01T00:12:00Z")), None);
    let cron = Schedule::parse("cron(0/7 * * * ? *)", None)
        .expect("a cron")
        .starting_at(start_ms)
        .ending_at(end_ms);
    assert_eq!(cron.next_after(0), Some(start_ms));
    assert_eq!(cron.next_after(start_ms), Some(ms("2027-01-01T00:14:00Z")));
    assert_eq!(cron.next_after(ms("2027-01-01T00:14:00Z")), None);
}

#[test]
fn at_fires_once_in_its_zone() {
    let schedule =
        Schedule::parse("at(2027-03-01T09:00:00)", Some("Asia/Tokyo")).expect("a schedule");
    assert_eq!(schedule.next_after(0), Some(ms("2027-03-01T00:00:00Z")));
    assert_eq!(schedule.next_after(ms("2027-03-01T00:00:00Z")), None);
    assert_eq!(schedule.time_zone(), "Asia/Tokyo");
    for expression in [
        "at(2027-03-01)",
        "at(2027-03-01T09:00)",
        "at(2027-03-01 09:00:00)",
        "at(2027-02-30T09:00:00)",
        "at()",
    ] {
        refused(expression, "at(yyyy-mm-ddThh:mm:ss)");
    }
}

#[test]
fn wrong_expressions_say_what_to_write() {
    refused("every day", "rate(5 minutes), cron(0 9 * * ? *) or at(");
    refused("cron(0 9 * * ? *", "is not a schedule");
    refused("cron(0 9 * * ?)", "here are 5");
    refused("cron(0 9 * * * *)", "one of the two day fields must be `?`");
    refused("cron(0 9 1 * 2 *)", "one of the two day fields must be `?`");
    refused("cron(0 9 ? * ? *)", "stands in both day fields");
    refused("cron(60 9 * * ? *)", "minute: `60` is not 0 to 59");
    refused("cron(-1 9 * * ? *)", "minute: ``");
    refused("cron(+1 9 * * ? *)", "minute: `+1`");
    refused("cron(0 24 * * ? *)", "hour: `24`");
    refused("cron(0 0 0 * ? *)", "day of month: `0`");
    refused("cron(0 0 32W * ? *)", "day of month: `32`");
    refused(
        "cron(0 0 * 13 ? *)",
        "month: `13` is neither 1 to 12 nor JAN to DEC",
    );
    refused(
        "cron(0 0 ? * 0 *)",
        "day of week: `0` is neither 1 to 7 nor SUN to SAT",
    );
    refused("cron(0 0 ? * MON/2 *)", "`/` is not taken here");
    refused("cron(0 0 ? * 3#6 *)", "its place in the month, 1 to 5");
    refused("cron(0 0 ? * 3#1,6#3 *)", "write one day");
    refused("cron(0 0 * * ? 2200)", "year: `2200` is not 1970 to 2199");
    refused("cron(0/0 0 * * ? *)", "the step is not 1 to 59");
    refused("cron(0 22-2 * * ? *)", "runs backwards");
    refused("cron(0, 0 * * ? *)", "minute: ``");
    refused("rate(0 minutes)", "`0` is not a positive whole number");
    refused("rate(1.5 hours)", "not a positive whole number");
    refused("rate(5 weeks)", "not minutes, hours or days");
    refused("rate(5)", "a number and a unit");
    refused("rate(99999999999999999 days)", "too large");
    let zone = Schedule::parse("rate(1 day)", Some("Mars/Olympus")).expect_err("no such zone");
    assert!(zone.to_string().contains("Mars/Olympus"), "{zone}");
}

#[test]
fn rules_are_stricter_than_the_scheduler() {
    assert!(Schedule::parse("rate(1 hours)", None).is_ok());
    let plural = Schedule::parse_rule("rate(1 hours)")
        .expect_err("plural")
        .to_string();
    assert!(plural.contains("write rate(1 hour)"), "{plural}");
    let singular = Schedule::parse_rule("rate(5 hour)")
        .expect_err("singular")
        .to_string();
    assert!(singular.contains("write rate(5 hours)"), "{singular}");
    assert!(
        Schedule::parse_rule("rate(1 hour)").is_ok()
            && Schedule::parse_rule("cron(0 9 * * ? *)").is_ok()
    );
    let once = Schedule::parse_rule("at(2027-01-01T00:00:00)")
        .expect_err("no at() in rules")
        .to_string();
    assert!(once.contains("EventBridge Scheduler"), "{once}");
}

/// One field and a test, written apart from the parser, of whether a number satisfies it.
fn field(first: u16, last: u16) -> impl Strategy<Value = (String, Vec<u16>)> {
    let all = (first..=last).collect::<Vec<_>>();
    prop_oneof![
        Just(("*".to_owned(), all)),
        (first..=last).prop_map(|number| (number.to_string(), vec![number])),
        (first..=last, 0..=last).prop_map(move |(low, more)| {
            let high = (low + more).min(last);
            (format!("{low}-{high}"), (low..=high).collect())
        }),
        (first..=last, 1..=last).prop_map(move |(low, step)| {
            (
                format!("{low}/{step}"),
                (low..=last)
                    .filter(|number| (number - low) % step == 0)
                    .collect(),
            )
        }),
        (first..=last, first..=last)
            .prop_map(|(one, two)| (format!("{one},{two}"), vec![one, two])),
    ]
}

fn zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "UTC",
        "Asia/Tokyo",
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Africa/Cairo",
    ])
}

fn local(unix_ms: u64, zone: &str) -> DateTime {
    let instant =
        Timestamp::from_millisecond(i64::try_from(unix_ms).expect("in range")).expect("in range");
    TimeZone::get(zone).expect("a zone").to_datetime(instant)
}

fn number(value: i8) -> u16 {
    u16::try_from(value).expect("not negative")
}

proptest! {
    #[test]
    fn firings_increase_and_satisfy_every_field(
        (minute, minutes) in field(0, 59),
        (hour, hours) in field(0, 23),
        (day, days) in field(1, 31),
        (month, months) in field(1, 12),
        zone in zone(),
        start_ms in 0_u64..4_000_000_000_000,
    ) {
        let schedule = Schedule::parse(&format!("cron({minute} {hour} {day} {month} ? *)"), Some(zone)).expect("valid");
        let mut at_ms = start_ms;
        for _ in 0..20 {
            let Some(next_ms) = schedule.next_after(at_ms) else { break };
            prop_assert!(next_ms > at_ms);
            let civil = local(next_ms, zone);
            prop_assert!(minutes.contains(&number(civil.minute())));
            prop_assert!(hours.contains(&number(civil.hour())));
            prop_assert!(days.contains(&number(civil.day())));
            prop_assert!(months.contains(&number(civil.month())));
            prop_assert_eq!(civil.second(), 0);
            at_ms = next_ms;
        }
    }

    #[test]
    fn no_matching_minute_is_left_out(
        (minute, minutes) in field(0, 59),
        (hour, hours) in field(0, 23),
        (weekday, weekdays) in prop_oneof![Just(("*".to_owned(), (1..=7).collect::<Vec<u16>>())), (1_u16..=7).prop_map(|day| (day.to_string(), vec![day]))],
        start_ms in 0_u64..4_000_000_000_000,
    ) {
        let schedule = Schedule::parse_rule(&format!("cron({minute} {hour} ? * {weekday} *)")).expect("valid");
        let matches = |at_ms: &u64| {
            let civil = local(*at_ms, "UTC");
            let day = number(civil.weekday().to_sunday_one_offset());
            minutes.contains(&number(civil.minute())) && hours.contains(&number(civil.hour())) && weekdays.contains(&day)
        };
        let first_ms = (start_ms / MINUTE_MS + 1) * MINUTE_MS;
        let by_walking = (0..8 * 24 * 60).map(|minutes| first_ms + minutes * MINUTE_MS).find(matches);
        prop_assert_eq!(schedule.next_after(start_ms), by_walking);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}", inside in "[0-9A-Z*?,/#LW -]{0,30}") {
        let _ = Schedule::parse(&text, None);
        let _ = Schedule::parse(&format!("cron({inside})"), None).map(|schedule| schedule.next_after(0));
        let _ = Schedule::parse(&format!("rate({inside})"), None);
        let _ = Schedule::parse(&format!("at({inside})"), None);
    }
}
