//! What a second delivery does, and what the promise costs.

use hikyaku_core::{Outcome, State};
use serde_json::json;

use super::echo::Act::{Error, Ok, Sleep, Snooze};
use super::{Scene, body};

#[test]
fn at_least_once_writes_nothing() {
    let mut scene = Scene::new();
    scene.send("a", "at-least-once", &[Error, Ok]);
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.ledger.writes(), 0);
}

#[test]
fn at_most_once_and_once_write_twice() {
    for job in ["at-most-once", "once"] {
        let mut scene = Scene::new();
        scene.send("a", job, &[Ok]);
        scene.run();
        assert_eq!(scene.outcomes("a"), [Outcome::Done]);
        assert_eq!(scene.ledger.writes(), 2, "{job}");
        assert_eq!(scene.network.count("change_visibility"), 0, "{job}");
    }
}

#[test]
fn a_long_job_writes_once_more_per_thirty_seconds() {
    let mut scene = Scene::new();
    scene.send("a", "long", &[Sleep(299)]);
    scene.run();
    assert_eq!(scene.ledger.writes(), 2 + 9);
    assert_eq!(scene.network.count("change_visibility_batch"), 1 + 9);
}

#[test]
fn at_least_once_counts_the_receives_as_tries() {
    let mut scene = Scene::new();
    scene.send_with(
        "a",
        "at-least-once",
        &[Error],
        json!({"maxTries": 3, "backoff": "1"}),
    );
    scene.run();
    assert_eq!(
        scene.outcomes("a"),
        [Outcome::Released, Outcome::Released, Outcome::Buried]
    );
    let attempts: Vec<_> = scene
        .starts("a")
        .iter()
        .map(|start| start.attempt)
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(scene.ledger.failed("a").is_some());
}

#[test]
fn at_least_once_that_crashed_too_often_is_buried_without_running() {
    let mut scene = Scene::new();
    scene.send_with("a", "at-least-once", &[Sleep(30)], json!({"maxTries": 1}));
    scene.crash_at(10);
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
}

#[test]
fn once_runs_one_of_two_deliveries_and_deletes_the_other() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Ok]);
    scene.run();
    scene.send("a", "once", &[Ok]);
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(scene.outcomes("a"), [Outcome::Done, Outcome::DoneBefore]);
}

#[test]
fn a_second_delivery_waits_while_the_first_runs() {
    let mut scene = Scene::new();
    for _ in 0..2 {
        scene
            .world
            .queue
            .send(body("a", "once", &[Sleep(30)], json!({})), None);
    }
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(
        scene.outcomes("a"),
        [Outcome::Done, Outcome::Held, Outcome::DoneBefore]
    );
}

#[test]
fn at_most_once_takes_any_error_for_final() {
    let mut scene = Scene::new();
    scene.send_with("a", "at-most-once", &[Error, Ok], json!({"maxTries": 5}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
    assert_eq!(scene.starts("a").len(), 1);
}

#[test]
fn at_most_once_may_be_snoozed() {
    let mut scene = Scene::new();
    scene.send("a", "at-most-once", &[Snooze(5), Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Snoozed, Outcome::Done]);
}

#[test]
fn at_most_once_that_died_beside_others_is_not_run_again_either() {
    let mut scene = Scene::new();
    scene.send("a", "at-most-once", &[Sleep(30)]);
    scene.send("neighbour", "once", &[Sleep(30), Ok]);
    scene.crash_at(10);
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Failed);
    assert_eq!(scene.starts("neighbour").len(), 2);
    assert_eq!(scene.ledger.record("neighbour").unwrap().state, State::Done);
}

#[test]
fn at_most_once_that_crashed_is_buried_with_its_outcome_unknown() {
    let mut scene = Scene::new();
    scene.send("a", "at-most-once", &[Sleep(30)]);
    scene.crash_at(10);
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Failed);
    let row = scene.ledger.failed("a").unwrap();
    assert!(
        row.exception
            .starts_with("Hikyaku\\JobFailed: outcome unknown"),
        "{}",
        row.exception
    );
}
