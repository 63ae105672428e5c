//! What instants PHP's dates mean. The expected ones are PHP 8.2's.

use jiff::Timestamp;

use super::*;

fn date(wall: &str, zone: PhpZone) -> PhpDateTime {
    PhpDateTime::new(wall.parse().unwrap(), zone)
}

fn named(name: &str) -> PhpZone {
    PhpZone::Named(name.to_owned())
}

#[track_caller]
fn check(wall: &str, zone: PhpZone, expected: i64) {
    let timestamp = date(wall, zone).timestamp().unwrap();
    assert_eq!(timestamp.as_second(), expected);
}

#[test]
fn each_kind_of_zone_gives_the_instant_php_means() {
    check(
        "2026-01-02 03:04:05.5",
        PhpZone::Offset(32_400),
        1_767_290_645,
    );
    check("2026-01-02 03:04:05.5", named("Asia/Tokyo"), 1_767_290_645);
    let tokyo = PhpZone::Abbreviation("JST".to_owned());
    check("2026-01-02 03:04:05.5", tokyo, 1_767_290_645);
    let fraction = date("1969-12-31 23:59:59.25", named("UTC")).timestamp();
    assert_eq!(fraction.unwrap().as_microsecond(), -750_000);
}

#[test]
fn a_skipped_wall_time_moves_forward_and_a_repeated_one_is_the_one_php_means() {
    check("2024-03-31 02:30:00", named("Europe/Berlin"), 1_711_848_600);
    check("2024-10-27 02:30:00", named("Europe/Berlin"), 1_729_992_600);
    let new_york = || named("America/New_York");
    check("2026-03-08 02:30:00", new_york(), 1_772_955_000);
    check("2026-11-01 01:30:00", new_york(), 1_793_511_000);
    check(
        "2026-10-25 00:30:00",
        named("Atlantic/Azores"),
        1_792_888_200,
    );
}

#[test]
fn what_means_no_instant_says_why() {
    let error = |zone| date("2026-01-02 03:04:05", zone).zoned().unwrap_err();
    assert_eq!(
        error(named("Europe/Berlim")).to_string(),
        "the time zone database has no zone `Europe/Berlim`"
    );
    assert!(matches!(
        error(PhpZone::Abbreviation("IST".to_owned())),
        InstantError::UnknownAbbreviation { .. }
    ));
    assert_eq!(error(PhpZone::Offset(99 * 3600)), InstantError::OutOfRange);
    let late = date("+10000-01-01 00:00:00", named("UTC"));
    assert_eq!(late.zoned().unwrap_err(), InstantError::OutOfRange);
}

#[test]
fn instants_become_dates_and_come_back() {
    let timestamp: Timestamp = "2026-01-01T18:04:05.678901Z".parse().unwrap();
    let utc = PhpDateTime::try_from(timestamp).unwrap();
    assert_eq!(utc.wall().to_string(), "2026-01-01 18:04:05.678901");
    assert_eq!(utc.zone(), &named("UTC"));
    assert_eq!(utc.timestamp().unwrap(), timestamp);
    let tokyo = timestamp.in_tz("Asia/Tokyo").unwrap();
    let date = PhpDateTime::try_from(&tokyo).unwrap();
    assert_eq!(date.wall().to_string(), "2026-01-02 03:04:05.678901");
    assert_eq!(date.zone(), &named("Asia/Tokyo"));
    assert_eq!(date.zoned().unwrap(), tokyo);
    let fixed = jiff::tz::offset(-3).to_time_zone();
    let date = PhpDateTime::try_from(&timestamp.to_zoned(fixed)).unwrap();
    assert_eq!(date.zone(), &PhpZone::Offset(-10_800));
    assert_eq!(date.timestamp().unwrap(), timestamp);
}
