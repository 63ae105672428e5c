//! Calls that fail, and answers that are lost or late.

use hikyaku_core::testing::Fate::{AnswerLost, AnsweredLate, Late, Throttled};
use hikyaku_core::testing::{Fate, Remains};
use hikyaku_core::{Outcome, State};
use serde_json::json;

use super::echo::Act::{self, Error, Fail, Ok, Sleep, Snooze};
use super::{Scene, second};
use Outcome::{Buried, Done, Fenced, Released, Snoozed, Unsettled};

/// One fault in `operation` changes nothing that can be seen from outside, and costs no redelivery.
#[track_caller]
fn costs_nothing(operation: &'static str, fate: Fate, acts: &[Act], outcomes: &[Outcome]) {
    let mut scene = Scene::new();
    scene.network.then(operation, fate);
    scene.send_with("a", "once", acts, json!({"maxTries": 3, "backoff": "5"}));
    scene.run();
    assert_eq!(scene.outcomes("a"), outcomes, "{operation} {fate:?}");
    assert_eq!(scene.starts("a").len(), acts.len(), "{operation} {fate:?}");
    assert_eq!(scene.starts("a")[0].attempt, 1, "{operation} {fate:?}");
    assert_eq!(
        scene.world.queue.receives(),
        acts.len() as u64,
        "{operation} {fate:?}"
    );
}

#[test]
fn a_ledger_call_that_was_throttled_or_lost_its_answer_costs_no_redelivery() {
    for fate in [Throttled, AnswerLost] {
        costs_nothing("claim", fate, &[Ok], &[Done]);
        costs_nothing("complete", fate, &[Ok], &[Done]);
        costs_nothing("release", fate, &[Error, Ok], &[Released, Done]);
        costs_nothing("release", fate, &[Snooze(5), Ok], &[Snoozed, Done]);
        costs_nothing("fail", fate, &[Fail], &[Buried]);
    }
}

#[test]
fn a_row_that_was_throttled_or_lost_its_answer_is_written_all_the_same() {
    for fate in [Throttled, AnswerLost] {
        let mut scene = Scene::new();
        scene.network.then("bury", fate);
        let id = scene.world.queue.send("not a job", None);
        scene.run();
        assert!(scene.ledger.failed(&id).is_some());
        assert_eq!(scene.world.queue.receives(), 1);
    }
}

#[test]
fn a_visibility_that_cannot_be_changed_costs_only_time() {
    for fate in [Throttled, AnswerLost] {
        let mut scene = Scene::new();
        scene.network.then("change_visibility", fate);
        scene.send_with("a", "once", &[Error, Ok], json!({"backoff": "5"}));
        scene.run();
        assert_eq!(scene.outcomes("a"), [Released, Done]);
        assert_eq!(scene.world.queue.receives(), 2);
    }
}

#[test]
fn a_ledger_that_is_down_spends_no_try() {
    let mut scene = Scene::new();
    scene.network.times(20_000, "claim", Throttled);
    scene.send_with("a", "once", &[Ok], json!({"maxTries": 1}));
    scene.run();
    assert_eq!(scene.outcomes("a").first(), Some(&Unsettled));
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
    assert_eq!(scene.starts("a")[0].attempt, 1);
    assert!(scene.seconds() > 96.0 * 3600.0, "{}", scene.seconds());
    assert!(scene.world.queue.dead().is_empty());
}

#[test]
fn a_claim_that_got_through_late_holds_as_long_as_one_that_got_through_at_once() {
    for job in ["once", "long"] {
        let mut scene = Scene::new();
        scene.network.times(18, "claim", Throttled);
        scene.send_with("a", job, &[Sleep(59)], json!({"maxTries": 1}));
        scene.run();
        assert_eq!(scene.outcomes("a"), [Done], "{job}");
        assert!(scene.times("a")[0] > 10.0, "{job}");
    }
}

#[test]
fn a_claim_whose_answer_came_after_its_lease_does_not_run_and_spends_no_try() {
    let mut scene = Scene::new();
    scene.network.then("claim", AnsweredLate(second(80)));
    scene.send_with("a", "once", &[Ok], json!({"maxTries": 1}));
    scene.run();
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(scene.starts("a")[0].attempt, 1);
}

#[test]
fn a_job_is_stopped_before_its_lease_ends_however_late_it_began() {
    for fate in [AnsweredLate(second(20)), Late(second(20))] {
        let mut scene = Scene::new();
        scene.network.then("claim", fate);
        scene.send("a", "once", &[Sleep(59)]);
        scene.run_to(21);
        let lease = scene.ledger.record("a").unwrap().lease;
        assert!(scene.starts("a")[0].deadline < lease, "{fate:?}");
    }
}

#[test]
fn a_late_start_under_the_heartbeat_is_prolonged_in_time() {
    let mut scene = Scene::new();
    scene.network.then("claim", AnsweredLate(second(70)));
    scene.send("a", "long", &[Sleep(100)]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Done]);
}

#[test]
fn the_result_of_a_fenced_attempt_counts_for_nothing() {
    let mut scene = Scene::new();
    scene.send_with(
        "a",
        "once",
        &[Sleep(30), Error, Ok],
        json!({"backoff": "1"}),
    );
    scene.run_to(10);
    let process = scene.world.serving()[0];
    scene.world.cut(process, Remains::Everything);
    // The second start fails and is to come back; then the first wakes up and is done.
    scene.run_to(92);
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Pending);
    scene.world.thaw(process);
    scene.run_to(92);
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Pending);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Done]);
    assert_eq!(scene.starts("a").len(), 3);
}

#[test]
fn an_attempt_that_finds_itself_fenced_reports_so() {
    let mut scene = Scene::new();
    // The completion takes longer than the lease; meanwhile a copy of the message is run.
    scene.network.then("complete", Late(second(200)));
    scene.send("a", "once", &[Ok]);
    scene.run_to(100);
    scene.send("a", "once", &[Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Done, Fenced, Outcome::DoneBefore]);
}

#[test]
fn what_is_asked_again_is_asked_at_other_moments_than_its_neighbours() {
    let mut scene = Scene::new();
    let ids: Vec<_> = (0..10).map(|number| format!("j{number}")).collect();
    for id in &ids {
        scene.send(id, "once", &[Ok]);
    }
    // As many rounds for each, as if one row stood in the way of all.
    scene.network.times(40, "complete", Throttled);
    scene.run();
    let mut settled: Vec<_> = ids
        .iter()
        .map(|id| scene.reports(id)[0].stages.settled.unwrap().as_millis())
        .collect();
    settled.sort_unstable();
    let spread = settled[9] - settled[0];
    assert!(spread > 300, "{settled:?}");
    assert!(settled[9] - scene.start.as_millis() < 10_000, "{settled:?}");
}
