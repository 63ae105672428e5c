//! The function's own time runs out.

use hikyaku_core::Outcome;
use hikyaku_core::testing::Fate::AnsweredLate;
use hikyaku_core::testing::Settings;
use serde_json::json;

use super::echo::Act::{self, Busy, Ok, Sleep};
use super::{Scene, second};
use Outcome::{Done, DoneBefore, Postponed, Released, Unsettled};

fn minute() -> Settings {
    Settings {
        timeout: second(60),
        ..Settings::default()
    }
}

/// A neighbour that needs its time is done in that time, with its first try, whatever `other` does.
#[track_caller]
fn costs_its_neighbour_nothing(other: Act) {
    let mut scene = Scene::with(minute());
    scene.send_with("other", "once", &[other, Ok], json!({"backoff": "1"}));
    scene.send("neighbour", "once", &[Sleep(20)]);
    scene.run();
    assert_eq!(scene.outcomes("neighbour"), [Done]);
    assert_eq!(scene.starts("neighbour").len(), 1);
    assert_eq!(
        scene.starts("neighbour")[0].ended,
        Some(scene.start + second(20))
    );
    assert_eq!(scene.outcomes("other"), [Released, Done]);
    assert_eq!(scene.times("other"), [0.0, 56.0]);
}

#[test]
fn a_job_that_sleeps_past_the_deadline_costs_its_neighbours_nothing() {
    costs_its_neighbour_nothing(Sleep(5000));
}

#[test]
fn a_job_that_never_yields_costs_its_neighbours_nothing() {
    costs_its_neighbour_nothing(Busy);
}

#[test]
fn what_was_not_started_comes_back_at_once_and_spends_no_try() {
    let mut scene = Scene::with_worker(minute(), 1);
    scene.send("first", "once", &[Sleep(40)]);
    scene.send("second", "once", &[Ok]);
    scene.run();
    assert_eq!(scene.outcomes("second"), [Postponed, Done]);
    assert_eq!(scene.times("second"), [40.0]);
    assert_eq!(scene.starts("second")[0].attempt, 1);
}

#[test]
fn a_job_that_was_cut_short_before_its_own_time_spends_no_try() {
    let mut scene = Scene::with_worker(minute(), 1);
    scene.send("first", "once", &[Sleep(20)]);
    scene.send_with("second", "once", &[Sleep(50)], json!({"timeout": 55}));
    scene.run();
    assert_eq!(scene.outcomes("second"), [Postponed, Done]);
    assert_eq!(scene.times("second"), [20.0, 55.0]);
    assert!(
        scene
            .starts("second")
            .iter()
            .all(|start| start.attempt == 1)
    );
}

#[test]
fn a_busy_job_that_wakes_in_a_later_invocation_changes_nothing() {
    let mut scene = Scene::with(minute());
    scene.send_with("a", "once", &[Busy, Sleep(10)], json!({"backoff": "1"}));
    scene.run_to(58);
    assert_eq!(scene.starts("a").len(), 2);
    scene.world.scheduler.end_busy();
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Done]);
    assert_eq!(scene.ledger.writes(), 4);
}

#[test]
fn the_timeout_of_a_message_is_cut_to_what_the_function_has() {
    let mut scene = Scene::with(minute());
    scene.send_with(
        "a",
        "once",
        &[Sleep(100)],
        json!({"timeout": 300, "maxTries": 1}),
    );
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
    let row = scene.ledger.failed("a").unwrap();
    assert!(
        row.exception
            .contains("\n#0 the job ran out of its time of 55s\n"),
        "{}",
        row.exception
    );
}

/// A ledger that takes the outcome but keeps silent: the function is not killed over it, and only that job comes again.
#[test]
fn a_ledger_that_keeps_silent_about_an_outcome_costs_the_neighbours_nothing() {
    let mut scene = Scene::with(minute());
    scene.send("silenced", "once", &[Ok]);
    scene.send("neighbour", "once", &[Sleep(20)]);
    scene.network.then("complete", AnsweredLate(second(5000)));
    scene.run();
    assert_eq!(scene.outcomes("neighbour"), [Done]);
    assert_eq!(scene.outcomes("silenced"), [Unsettled, DoneBefore]);
    assert_eq!(scene.starts("silenced").len(), 1);
    assert_eq!(scene.world.queue.receives(), 3);
}
