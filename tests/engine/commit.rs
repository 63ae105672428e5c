//! A job's own writes, which take effect with its being done or not at all.

use hikyaku_core::testing::Fate::{AnswerLost, AnsweredLate, Late, Throttled};
use hikyaku_core::{Outcome, State};
use hikyaku_laravel::batch::{BatchOptions, Counts};
use hikyaku_laravel::derived_uuid;
use serde_json::json;

use super::echo::Act::{self, Commit, Error, Kill, Ok as Nothing, Sleep};
use super::php::step;
use super::{Scene, second};
use Outcome::{Buried, Done, DoneBefore, Released};

impl Scene {
    /// The names of what was committed.
    fn committed(&self) -> Vec<String> {
        let notes = self.ledger.notes();
        notes.into_iter().map(|(name, _)| name).collect()
    }
}

fn commit(name: &str) -> Act {
    Commit(name.to_owned())
}

#[test]
fn what_a_job_commits_is_written_with_its_end() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Error, commit("x")], json!({"backoff": "5"}));
    scene.run_to(1);
    assert!(scene.committed().is_empty());
    scene.run();
    // By the second attempt: the first said nothing, and its token is 1.
    assert_eq!(scene.ledger.notes(), [("x".to_owned(), "2".to_owned())]);
}

#[test]
fn a_commit_is_applied_once_although_its_answer_was_lost_or_late() {
    for fate in [
        Throttled,
        AnswerLost,
        Late(second(5)),
        AnsweredLate(second(5)),
    ] {
        let mut scene = Scene::new();
        scene.network.then("complete", fate);
        scene.send("a", "once", &[commit("x")]);
        scene.run();
        assert_eq!(scene.committed(), ["x"], "{fate:?}");
        assert_eq!(scene.outcomes("a"), [Done], "{fate:?}");
        assert_eq!(scene.starts("a").len(), 1, "{fate:?}");
    }
}

#[test]
fn a_commit_is_applied_once_although_the_process_died_right_after_it() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[commit("x")]);
    scene.network.then("complete", AnsweredLate(second(5)));
    scene.crash_at(2);
    assert_eq!(scene.committed(), ["x"]);
    scene.run();
    assert_eq!(scene.committed(), ["x"]);
    assert_eq!(scene.outcomes("a"), [DoneBefore]);
    assert_eq!(scene.starts("a").len(), 1);
}

#[test]
fn nothing_is_committed_by_an_attempt_that_died_or_failed() {
    for first in [Kill, Error] {
        let mut scene = Scene::new();
        let acts = [first, commit("x")];
        scene.send_with("a", "once", &acts, json!({"backoff": "5", "maxTries": 3}));
        scene.run_dying();
        assert_eq!(scene.ledger.notes(), [("x".to_owned(), "2".to_owned())]);
    }
}

#[test]
fn an_attempt_that_was_overtaken_commits_nothing() {
    let mut scene = Scene::new();
    // Its completion arrives when the copy of its message has been run.
    scene.network.then("complete", Late(second(200)));
    scene.send("a", "once", &[commit("x"), commit("y")]);
    scene.run_to(100);
    scene.send("a", "once", &[commit("x"), commit("y")]);
    scene.run();
    assert_eq!(scene.committed(), ["y"]);
}

#[test]
fn a_commit_that_is_declined_makes_the_attempt_a_failed_one() {
    let mut scene = Scene::new();
    scene.send("first", "once", &[commit("x")]);
    scene.run();
    let more = json!({"backoff": "5", "maxTries": 2});
    scene.send_with("a", "once", &[commit("x")], more.clone());
    scene.send_with("b", "once", &[commit("x"), commit("y")], more);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Buried]);
    assert_eq!(scene.outcomes("b"), [Released, Done]);
    assert_eq!(scene.committed(), ["x", "y"]);
    let row = scene.ledger.failed("a").unwrap();
    let why = "what the job commits was refused: `x` is there already";
    assert!(row.exception.contains(why), "{}", row.exception);
    assert!(row.exception.contains("try 2 of 2"), "{}", row.exception);
    let record = scene.ledger.record("a").unwrap();
    assert_eq!((record.state, record.exceptions), (State::Failed, 1));
}

#[test]
fn a_declined_commit_says_nothing_of_an_output() {
    let mut scene = Scene::new();
    scene.send("first", "once", &[commit("x")]);
    scene.run();
    scene.send_with("a", "once", &[commit("x")], json!({"maxTries": 1}));
    scene.run();
    assert!(scene.reports("first")[0].output.is_some());
    assert!(scene.reports("a")[0].output.is_none());
}

#[test]
fn a_job_that_keeps_no_ledger_cannot_commit() {
    let mut scene = Scene::new();
    let more = json!({"maxTries": 1});
    scene.send_with("a", "at-least-once", &[commit("x")], more);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Buried]);
    let row = scene.ledger.failed("a").unwrap();
    let why = "a job that is run AtLeastOnce keeps no ledger";
    assert!(row.exception.contains(why), "{}", row.exception);
    assert!(scene.committed().is_empty());
}

/// A job of a batch that has a link behind it, commits `name`, and its link's uuid.
fn member(scene: &Scene, name: &str) -> String {
    let options = BatchOptions::new(true, []);
    scene.ledger.add_batch("b", 1, options);
    let mut scripts = scene.stage.scripts.lock().unwrap();
    scripts.insert(1, vec![commit(name)]);
    scripts.insert(2, vec![Nothing]);
    drop(scripts);
    let first = step(1).followed_by(&[step(2)]).in_batch("b");
    scene.receive(first.body_with("a", json!({"maxTries": 1})));
    derived_uuid("a", "chain:0")
}

#[test]
fn a_commit_is_one_with_the_batchs_counter_and_sends_the_chains_next_link_once() {
    for fate in [Throttled, AnswerLost] {
        let mut scene = Scene::laravel();
        let link = member(&scene, "x");
        scene.network.then("complete", fate);
        scene.run();
        assert_eq!(scene.committed(), ["x"]);
        let counted = Counts {
            pending: 0,
            failed: 0,
        };
        assert_eq!(scene.ledger.batch("b").unwrap().counts, counted);
        assert_eq!(scene.stage.steps(), [1, 2]);
        assert_eq!(scene.state_of(&link), Some(State::Done));
    }
}

#[test]
fn a_declined_commit_counts_no_member_as_done_and_sends_no_link() {
    let mut scene = Scene::laravel();
    scene.send("first", "once", &[commit("x"), Sleep(1)]);
    scene.run();
    let link = member(&scene, "x");
    scene.run();
    let counted = Counts {
        pending: 1,
        failed: 1,
    };
    assert_eq!(scene.ledger.batch("b").unwrap().counts, counted);
    assert_eq!(scene.state_of("a"), Some(State::Failed));
    assert_eq!(scene.state_of(&link), None);
    assert_eq!(scene.stage.steps(), [1]);
}
