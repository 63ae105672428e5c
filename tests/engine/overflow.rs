//! Bodies that are kept elsewhere, and bodies that are no job until they are.

use std::sync::Arc;

use hikyaku_core::testing::Fate::{AnswerLost, Throttled};
use hikyaku_core::{Outcome, State};
use hikyaku_laravel::Envelope;
use hikyaku_laravel::overflow::OwnPointer;
use serde_json::{Value, json};

use super::Scene;
use super::application::Shelf;
use super::echo::Act::{Fail, Ok as Done};
use super::php::{fixture, step};

/// Laravel's own pointer, as it was sent, and the key in it.
fn pointer() -> (String, String) {
    let body = fixture("v13/overflow_pointer");
    let read: Value = serde_json::from_str(&body).unwrap();
    let key = read["@pointer"].as_str().unwrap().to_owned();
    (body, key)
}

fn scene() -> (Scene, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    (Scene::laravel_with_bodies(&shelf), shelf)
}

#[test]
fn a_body_that_is_kept_elsewhere_is_fetched_and_runs() {
    let (mut scene, shelf) = scene();
    let (body, key) = pointer();
    shelf.put(&key, step(1).followed_by(&[step(2)]).body("a"));
    scene.receive(body);
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2]);
    assert_eq!(scene.state_of("a"), Some(State::Done));
}

#[test]
fn a_pointer_may_lead_to_a_pointer() {
    let (mut scene, shelf) = scene();
    let (outer, key) = pointer();
    let inner = step(1).body("a");
    let envelope = Envelope::parse(&inner).unwrap();
    let own = OwnPointer::new(&envelope, "a", 1);
    shelf.put(&key, own.to_body());
    shelf.put(&own.key(), inner);
    scene.receive(outer);
    scene.run();
    assert_eq!(scene.stage.steps(), [1]);
    assert_eq!(scene.ledger.record("a").unwrap().generation, 1);
}

#[test]
fn pointers_in_a_circle_are_buried() {
    let (mut scene, shelf) = scene();
    let (body, key) = pointer();
    shelf.put(&key, body.clone());
    let id = scene.receive(body.clone());
    scene.run();
    let row = scene.row(&id);
    assert!(
        row.exception.contains("pointer to pointer"),
        "{}",
        row.exception
    );
    assert_eq!(row.body, Some(body));
}

#[test]
fn a_body_that_is_gone_leaves_the_pointer_to_the_letter() {
    let (mut scene, _) = scene();
    let (body, key) = pointer();
    let body = format!(" {body} ");
    let id = scene.receive(body.clone());
    scene.run();
    let row = scene.row(&id);
    assert_eq!(row.body.as_deref(), Some(body.as_str()));
    assert!(row.exception.contains(&key), "{}", row.exception);
    let payload: Value = serde_json::from_str(&row.payload).unwrap();
    assert_eq!(payload["data"]["body"], body.as_str());
    assert_eq!(payload["uuid"], id.as_str());
}

#[test]
fn a_body_that_is_there_again_runs_when_its_message_is_sent_again() {
    let (mut scene, shelf) = scene();
    let (body, key) = pointer();
    let id = scene.receive(body);
    scene.run();
    shelf.put(&key, step(1).body("a"));
    scene.send_again(&id);
    scene.run();
    assert_eq!(scene.stage.steps(), [1]);
    assert_eq!(scene.state_of("a"), Some(State::Done));
}

#[test]
fn a_wrapped_body_that_is_a_job_by_now_runs_under_the_id_it_was_listed_by() {
    let mut scene = Scene::laravel();
    let id = scene.receive("not a job");
    scene.run();
    let row = scene.row(&id);
    let mut payload: Value = serde_json::from_str(&row.payload).unwrap();
    let job = json!({"job": "App\\Jobs\\Step", "data": {"n": 4}}).to_string();
    payload["data"]["body"] = json!(job);
    scene.ledger.forget(&id);
    scene.receive(payload.to_string());
    scene.run();
    assert_eq!(scene.stage.steps(), [4]);
    assert_eq!(scene.state_of(&id), Some(State::Done));
}

#[test]
fn a_store_that_does_not_answer_spends_no_try_and_loses_nothing() {
    for fate in [Throttled, AnswerLost] {
        let (mut scene, shelf) = scene();
        let (body, key) = pointer();
        shelf.put(&key, step(1).body_with("a", json!({"maxTries": 1})));
        scene.network.times(200, "fetch", fate);
        scene.receive(body);
        scene.run();
        assert_eq!(scene.stage.steps(), [1]);
        assert_eq!(scene.starts("a")[0].attempt, 1);
        let reports = scene.world.reports();
        assert_eq!(reports[0].outcome, Outcome::Unsettled);
        assert!(scene.ledger.all_failed().is_empty());
    }
}

#[test]
fn without_a_store_the_error_says_what_to_set() {
    let mut scene = Scene::laravel();
    let (body, _) = pointer();
    let id = scene.receive(body);
    scene.run();
    let why = scene.row(&id).exception;
    assert!(why.contains("HIKYAKU_CACHE_TABLE"), "{why}");
    assert!(why.contains("HIKYAKU_OVERFLOW_URL"), "{why}");
}

#[test]
fn a_job_with_a_long_body_fails_and_runs_again() {
    let (mut scene, shelf) = scene();
    let (body, key) = pointer();
    shelf.put(&key, step(1).body("a"));
    scene.stage.script(1, &[Fail, Done]);
    scene.receive(body);
    scene.run();
    scene.send_again("a");
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 1]);
    assert_eq!(scene.ledger.record("a").unwrap().generation, 1);
    assert_eq!(scene.state_of("a"), Some(State::Done));
}
