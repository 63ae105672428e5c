//! Waits: a job that is to come later comes no sooner, however long that is, and spends nothing while it waits.

use std::time::Duration;

use hikyaku_core::testing::Fate::{AnswerLost, Throttled};
use hikyaku_core::testing::{QueueSettings, Settings};
use hikyaku_core::{Outcome, State};
use serde_json::json;

use super::echo::Act::{self, Error, Ok, RetryAfter, Snooze};
use super::{Scene, second};
use Outcome::{Delayed, Done, Released, Snoozed};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Between the receive and the invocation: a cold start, and the longest window of a mapping.
const WINDOWS: [u64; 3] = [0, 3, 300];

/// SQS's own default.
const FOUR_DAYS: Duration = Duration::from_hours(96);

fn scene(window: u64, retention: Duration) -> Scene {
    Scene::with(Settings {
        wait: second(window),
        queue: QueueSettings {
            retention,
            ..QueueSettings::default()
        },
        ..Settings::default()
    })
}

/// Runs a job that waits once, and answers after how long it ran again.
#[track_caller]
fn waits(
    job: &str,
    act: Act,
    more: serde_json::Value,
    window: u64,
    retention: Duration,
) -> Duration {
    let mut scene = scene(window, retention);
    scene.send_with("a", job, &[act, Ok], more);
    scene.run();
    assert_eq!(scene.outcomes("a").last(), Some(&Done), "it is lost");
    assert!(scene.world.queue.dead().is_empty());
    between(&scene)
}

/// Between the two starts of the job.
#[track_caller]
fn between(scene: &Scene) -> Duration {
    let [first, again] = &scene.starts("a")[..] else {
        panic!("started at {:?}", scene.times("a"))
    };
    first.at.until(again.at)
}

#[test]
fn a_wait_of_any_length_is_kept_whatever_asked_for_it() {
    let long = Duration::from_hours(14 * 24);
    for hours in [11, 12, 13, 24, 36, 100] {
        let wait = hours * HOUR;
        for window in WINDOWS {
            let asked = [
                (Snooze(wait), json!({})),
                (RetryAfter(wait), json!({})),
                (Error, json!({ "backoff": wait.to_string() })),
                (Error, json!({ "delay": wait })),
            ];
            for (act, more) in asked {
                let waited = waits("once", act, more, window, long);
                let most = second(wait + window + 5);
                assert!(
                    (second(wait)..=most).contains(&waited),
                    "{hours} h: {waited:?}"
                );
            }
        }
    }
}

#[test]
fn a_wait_that_outlives_its_message_goes_on_in_another() {
    for days in [3, 4, 10, 30] {
        for window in WINDOWS {
            let wait = days * DAY;
            let waited = waits("once", Snooze(wait), json!({}), window, FOUR_DAYS);
            let most = second(wait + 305);
            assert!(
                (second(wait)..=most).contains(&waited),
                "{days} d: {waited:?}"
            );
        }
    }
}

#[test]
fn a_month_costs_a_message_every_three_days_and_a_receive_every_half() {
    let mut scene = scene(0, FOUR_DAYS);
    scene.send("a", "once", &[Snooze(30 * DAY), Ok]);
    scene.run();
    assert_eq!(scene.network.count("send"), 10);
    assert!((60..=75).contains(&scene.world.queue.receives()));
}

#[test]
fn a_job_whose_message_has_no_uuid_keeps_its_identity_in_the_next() {
    let mut scene = scene(0, FOUR_DAYS);
    let body = json!({ "job": "once", "data": { "acts": [{ "snooze": 5 * DAY }, "ok"] } });
    let id = scene.world.queue.send(body.to_string(), None);
    scene.run();
    assert_eq!(scene.starts(&id).len(), 2);
    assert_eq!(scene.outcomes(&id).last(), Some(&Done));
}

#[test]
fn it_spends_no_try_and_few_receives_and_one_write_for_each() {
    let mut scene = scene(0, FOUR_DAYS);
    scene.send("a", "once", &[Snooze(DAY), Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Snoozed, Delayed, Delayed, Done]);
    let attempts: Vec<_> = scene
        .starts("a")
        .iter()
        .map(|start| start.attempt)
        .collect();
    assert_eq!(attempts, [1, 1]);
    assert_eq!(scene.world.queue.receives(), 4);
    assert_eq!(scene.ledger.writes(), 2 + 2 + 2);
}

#[test]
fn it_lasts_although_nobody_could_tell_the_queue() {
    let mut scene = Scene::new();
    scene.network.times(50, "change_visibility", Throttled);
    scene.send_with(
        "a",
        "once",
        &[Error, Ok],
        json!({ "backoff": (3 * HOUR).to_string() }),
    );
    scene.run();
    let outcomes = scene.outcomes("a");
    assert_eq!((outcomes[0], outcomes[1]), (Released, Delayed));
    let most = second(3 * HOUR + 10);
    assert!((second(3 * HOUR)..=most).contains(&between(&scene)));
}

#[test]
fn a_copy_of_its_message_does_not_wake_it() {
    let mut scene = Scene::new();
    scene.send_with(
        "a",
        "once",
        &[Error, Ok],
        json!({ "backoff": HOUR.to_string() }),
    );
    let copy = scene.world.queue.messages()[0].clone();
    scene.run_to(10);
    scene.world.queue.duplicate(&copy);
    scene.run();
    assert_eq!(between(&scene), second(HOUR));
}

#[test]
fn the_next_message_is_sent_before_the_old_one_is_given_up() {
    let mut scene = scene(0, FOUR_DAYS);
    scene.network.times(50, "send", Throttled);
    scene.send("a", "once", &[Snooze(5 * DAY), Ok]);
    scene.run_to(HOUR);
    assert_eq!(scene.world.queue.messages().len(), 1, "it is lost");
    scene.run();
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
    assert_eq!(scene.times("a").len(), 2);

    let mut scene = self::scene(0, FOUR_DAYS);
    scene.network.then("send", AnswerLost);
    scene.send("a", "once", &[Snooze(5 * DAY), Ok]);
    scene.run();
    assert_eq!(scene.times("a").len(), 2, "two messages are one job");
}

#[test]
fn a_job_without_a_record_waits_for_as_long_as_its_queue_can_hide_it() {
    for window in WINDOWS {
        let waited = waits(
            "at-least-once",
            RetryAfter(2 * DAY),
            json!({}),
            window,
            Duration::from_hours(14 * 24),
        );
        let hours = second(11 * HOUR)..=second(12 * HOUR);
        assert!(hours.contains(&waited), "{waited:?}");
    }
}

#[test]
fn a_poller_may_snooze_however_often() {
    let mut acts = vec![Snooze(30); 1000];
    acts.push(Ok);
    let mut scene = Scene::new();
    scene.send("a", "once", &acts);
    scene.run();
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
    assert_eq!(scene.starts("a").len(), 1001);
    assert!(scene.starts("a").iter().all(|start| start.attempt == 1));
    assert!(scene.world.queue.dead().is_empty());
    let last = scene.times("a")[1000];
    assert!((30_000.0..31_100.0).contains(&last), "{last}");
}

#[test]
fn tries_are_counted_on_in_the_next_message_of_a_job_without_a_record() {
    let mut scene = scene(0, FOUR_DAYS);
    let six_hours = json!({ "backoff": (6 * HOUR).to_string(), "maxTries": 20 });
    scene.send_with("a", "at-least-once", &[Error], six_hours);
    scene.run();
    assert_eq!(scene.starts("a").len(), 20);
    assert_eq!(scene.outcomes("a").last(), Some(&Outcome::Buried));
}

#[test]
fn what_waits_is_pending_until_its_time() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Snooze(DAY), Ok]);
    scene.run_to(13 * HOUR);
    let record = scene.ledger.record("a").unwrap();
    assert_eq!(record.state, State::Pending);
    let until = record.not_before.expect("it waits for a time");
    assert_eq!(scene.start.until(until), second(DAY));
}
