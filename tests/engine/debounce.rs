//! Debounced jobs: of several dispatches only the last one runs.

use hikyaku_core::testing::Fate::Throttled;
use hikyaku_core::{Outcome, State, Timestamp};
use hikyaku_laravel::batch::{BatchOptions, Callback};
use serde_json::json;

use super::Scene;
use super::application::PREFIX;
use super::php::{Command, fixture, step, uuid};

const OWNER: &str = "72apywrjC9OA1C8IGkgQPTaJnXy7WT97eAKAP2Ew";

/// Says who was dispatched last.
fn last_is(scene: &Scene, owner: &str, expires: Timestamp) {
    let key = format!("{PREFIX}laravel_debounced_job:App\\Jobs\\DebJob:5");
    let value = hikyaku_laravel::cache::serialized(owner);
    scene.ledger.put(&key, &value, expires);
}

const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

fn debounced() -> Command {
    Command::of("App\\Jobs\\DebJob")
        .with("id", 5_i64)
        .with("debounceOwner", OWNER)
}

#[test]
fn the_last_dispatch_runs() {
    let mut scene = Scene::laravel();
    last_is(&scene, OWNER, NEVER);
    let body = fixture("v13/debounce");
    scene.receive(body.clone());
    scene.run();
    assert_eq!(scene.stage.steps(), [5]);
    assert_eq!(scene.state_of(&uuid(&body)), Some(State::Done));
}

#[test]
fn an_earlier_dispatch_is_dropped_and_nothing_follows_it() {
    let mut scene = Scene::laravel();
    last_is(&scene, "a later dispatch", NEVER);
    let options = BatchOptions::new(false, [Callback::Progress]);
    scene.ledger.add_batch("b", 2, options);
    let command = debounced().followed_by(&[step(2)]).in_batch("b");
    scene.receive(command.body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    assert_eq!(scene.outcomes("a"), [Outcome::Dropped]);
    assert_eq!(scene.state_of("a"), Some(State::Cancelled));
    assert_eq!(scene.ledger.batch("b").unwrap().counts.pending, 2);
    assert!(scene.questions().is_empty());
    assert!(scene.is_settled());
}

#[test]
fn nothing_follows_a_copy_of_its_message_either() {
    let mut scene = Scene::laravel();
    last_is(&scene, "a later dispatch", NEVER);
    let options = BatchOptions::new(false, [Callback::Progress]);
    scene.ledger.add_batch("b", 2, options);
    scene.receive(debounced().in_batch("b").body("a"));
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    scene.world.queue.duplicate(&first);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Dropped, Outcome::Cancelled]);
    assert!(scene.questions().is_empty());
}

#[test]
fn where_the_last_dispatch_is_not_known_any_more_each_runs() {
    let mut scene = Scene::laravel();
    last_is(&scene, "a later dispatch", scene.start);
    scene.receive(debounced().body("expired"));
    scene.run();
    assert_eq!(scene.stage.steps(), [5]);
    let mut scene = Scene::laravel();
    scene.receive(debounced().body("absent"));
    scene.run();
    assert_eq!(scene.stage.steps(), [5]);
}

#[test]
fn a_cache_that_does_not_answer_lets_nobody_in_and_spends_no_try() {
    let mut scene = Scene::laravel();
    last_is(&scene, "a later dispatch", NEVER);
    scene.network.times(300, "get", Throttled);
    scene.receive(debounced().body_with("a", json!({"maxTries": 1})));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    assert_eq!(scene.outcomes("a")[0], Outcome::Unsettled);
    assert_eq!(scene.outcomes("a").last(), Some(&Outcome::Dropped));
}

#[test]
fn without_the_cache_it_does_not_run() {
    let mut scene = Scene::laravel_with(|laravel| laravel.cache = None);
    scene.receive(debounced().body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    assert!(scene.row("a").exception.contains("HIKYAKU_CACHE_TABLE"));
}
