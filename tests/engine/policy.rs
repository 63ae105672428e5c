//! What a message and its job type ask for.

use hikyaku_core::{Outcome, State};
use serde_json::{Value, json};

use super::Scene;
use super::echo::Act::{self, Error, Fail, Ok, Panic, RetryAfter, Sleep, Snooze};

#[track_caller]
fn check(acts: &[Act], more: serde_json::Value, outcomes: &[Outcome], times: &[f64]) -> Scene {
    let mut scene = Scene::new();
    scene.send_with("a", "once", acts, more);
    scene.run();
    assert_eq!(scene.outcomes("a"), outcomes);
    assert_eq!(scene.times("a"), times);
    scene
}

use Outcome::{Buried, Done, Released, Snoozed};

#[test]
fn the_messages_backoff_list_is_kept_to_the_second_and_its_last_value_repeats() {
    check(
        &[Error],
        json!({"maxTries": 4, "backoff": "2,4"}),
        &[Released, Released, Released, Buried],
        &[0.0, 2.0, 6.0, 10.0],
    );
}

#[test]
fn the_types_backoff_gets_a_jitter_of_at_most_a_tenth() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Error], json!({"maxTries": 4}));
    scene.run();
    let times = scene.times("a");
    for (waited, base) in times.windows(2).zip([10.0, 60.0, 300.0]) {
        let wait = waited[1] - waited[0];
        assert!((base..=base * 1.1).contains(&wait), "{wait} for {base}");
    }
    assert!(
        times
            .windows(2)
            .zip([10.0, 60.0, 300.0])
            .any(|(pair, base)| pair[1] - pair[0] > base)
    );
}

#[test]
fn a_delay_at_dispatch_is_the_backoff_of_a_job_that_has_none() {
    check(
        &[Error, Ok],
        json!({"delay": 600}),
        &[Released, Done],
        &[0.0, 600.0],
    );
}

#[test]
fn a_backoff_of_the_message_wins_over_its_delay() {
    check(
        &[Error, Ok],
        json!({"delay": 600, "backoff": "3"}),
        &[Released, Done],
        &[0.0, 3.0],
    );
}

#[test]
fn the_types_tries_hold_where_the_message_has_none() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Error], json!({"backoff": "1"}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Released, Buried]);
}

#[test]
fn zero_tries_are_tries_without_limit() {
    let mut acts = vec![Error; 50];
    acts.push(Ok);
    let mut scene = Scene::new();
    scene.send_with("a", "once", &acts, json!({"maxTries": 0, "backoff": "1"}));
    scene.run();
    assert_eq!(scene.starts("a").len(), 51);
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
}

#[test]
fn retry_until_replaces_the_tries() {
    let scene = Scene::new();
    let until = scene.start.as_secs() + 10;
    check(
        &[Error],
        json!({"maxTries": 1, "backoff": "3", "retryUntil": until}),
        &[Released, Released, Released, Released, Buried],
        &[0.0, 3.0, 6.0, 9.0],
    );
}

#[test]
fn an_attempt_that_ends_at_retry_until_or_later_is_the_last() {
    let scene = Scene::new();
    let until = scene.start.as_secs() + 6;
    check(
        &[Error],
        json!({"backoff": "3", "retryUntil": until}),
        &[Released, Released, Buried],
        &[0.0, 3.0, 6.0],
    );
}

#[test]
fn max_exceptions_bury_before_the_tries_are_spent() {
    check(
        &[Error, Panic, Ok],
        json!({"maxTries": 9, "maxExceptions": 2, "backoff": "1"}),
        &[Released, Buried],
        &[0.0, 1.0],
    );
}

#[test]
fn a_release_of_its_own_counts_as_a_try_but_not_as_an_exception() {
    check(
        &[RetryAfter(7)],
        json!({"maxTries": 3, "maxExceptions": 1}),
        &[Released, Released, Buried],
        &[0.0, 7.0, 14.0],
    );
}

#[test]
fn a_snooze_spends_no_try() {
    let scene = check(
        &[Snooze(5), Snooze(5), Snooze(5), Error, Ok],
        json!({"maxTries": 2, "backoff": "1"}),
        &[Snoozed, Snoozed, Snoozed, Released, Done],
        &[0.0, 5.0, 10.0, 15.0, 16.0],
    );
    let attempts: Vec<_> = scene
        .starts("a")
        .iter()
        .map(|start| start.attempt)
        .collect();
    assert_eq!(attempts, [1, 1, 1, 1, 2]);
}

#[test]
fn a_crash_spends_a_try() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Sleep(30)], json!({"maxTries": 2}));
    scene.crash_at(10);
    scene.crash_at(102);
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.outcomes("a"), [Buried]);
    let row = scene.ledger.failed("a").unwrap();
    assert!(
        row.exception.contains("its process was killed"),
        "{}",
        row.exception
    );
    assert!(
        row.exception.contains("after try 2 of 2"),
        "{}",
        row.exception
    );
}

#[test]
fn an_error_that_says_never_buries_at_once() {
    let scene = check(&[Fail], json!({}), &[Buried], &[0.0]);
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Failed);
    let row = scene.ledger.failed("a").unwrap();
    let given_up = "Illuminate\\Queue\\ManuallyFailedException: never in hikyaku:0\n";
    assert!(row.exception.starts_with(given_up), "{}", row.exception);
    assert_eq!(row.queue, hikyaku_core::testing::SimQueue::URL);
}

#[test]
fn a_panic_is_an_attempt_that_failed() {
    let scene = check(
        &[Panic, Ok],
        json!({"backoff": "1"}),
        &[Released, Done],
        &[0.0, 1.0],
    );
    assert_eq!(
        scene.reports("a")[0].error.as_deref(),
        Some("the job panicked: boom")
    );
}

#[test]
fn a_timeout_is_an_attempt_that_failed() {
    check(
        &[Sleep(100), Ok],
        json!({"timeout": 20, "backoff": "1"}),
        &[Released, Done],
        &[0.0, 21.0],
    );
}

#[test]
fn fail_on_timeout_buries_at_once() {
    check(
        &[Sleep(100), Ok],
        json!({"timeout": 20, "failOnTimeout": true}),
        &[Buried],
        &[0.0],
    );
}

/// What the row of a job says that was never started.
fn reason_without_a_start(job: &str, more: Value) -> String {
    let mut scene = Scene::new();
    scene.send_with("a", job, &[Ok], more);
    scene.run();
    assert!(scene.starts("a").is_empty());
    let exception = scene.ledger.failed("a").unwrap().exception;
    assert!(!exception.contains("killed"), "{exception}");
    exception
}

#[test]
fn what_came_too_late_for_its_first_attempt_says_so() {
    let start = Scene::new().start.as_secs();
    for job in ["once", "at-least-once", "long"] {
        let until = json!({"retryUntil": start - 5});
        let reason = reason_without_a_start(job, until);
        let late = format!("its `retryUntil` ({}) had passed before", start - 5);
        assert!(reason.contains(&late), "{reason}");
        assert!(reason.contains("no attempt of it ever began"), "{reason}");
    }
}

#[test]
fn of_what_was_killed_and_came_too_late_both_are_said() {
    let mut scene = Scene::new();
    let until = scene.start.as_secs() + 60;
    scene.send_with("a", "once", &[Sleep(30)], json!({"retryUntil": until}));
    scene.crash_at(10);
    scene.run();
    let reason = scene.ledger.failed("a").unwrap().exception;
    for part in ["its process was killed", "its `retryUntil` ("] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn of_a_job_without_a_record_nobody_knows_whether_an_attempt_began() {
    let mut scene = Scene::new();
    scene.send_with("a", "at-least-once", &[Sleep(30)], json!({"maxTries": 1}));
    scene.crash_at(10);
    scene.run();
    let reason = scene.ledger.failed("a").unwrap().exception;
    assert!(
        reason.contains("received 2 times, and it keeps no record of its attempts"),
        "{reason}"
    );
    assert!(!reason.contains("every attempt ended"), "{reason}");
}

#[test]
fn a_job_that_releases_itself_on_its_last_try_is_told_so() {
    let scene = check(
        &[RetryAfter(7)],
        json!({"maxTries": 2}),
        &[Released, Buried],
        &[0.0, 7.0],
    );
    let reason = scene.ledger.failed("a").unwrap().exception;
    for part in [
        "MaxAttemptsExceededException",
        "after try 2 of 2: it released itself on its last try",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
}
