//! Jobs whose model is gone: buried, or dropped if they say so.

use std::sync::Arc;

use hikyaku_core::testing::Fate::{AnswerLost, Throttled};
use hikyaku_core::{Outcome, State};
use hikyaku_laravel::batch::{BatchOptions, Callback};
use serde_json::json;

use super::Scene;
use super::echo::Act::Missing;
use super::php::{Command, step};

fn forgiving() -> Command {
    Command::of("App\\Jobs\\Forgiving").with("n", 1_i64)
}

#[test]
fn without_its_model_a_job_is_buried_at_once() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Missing]);
    scene.receive(step(1).body("a"));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
    assert!(scene.row("a").exception.contains("no customer 7"));
}

#[test]
fn one_that_is_to_be_deleted_then_is_dropped_in_silence() {
    let by_message = step(1).body_with("a", json!({"deleteWhenMissingModels": true}));
    let by_class = forgiving().old_body("a");
    for body in [by_message, by_class] {
        let mut scene = Scene::laravel();
        scene.stage.script(1, &[Missing]);
        scene.receive(body);
        scene.run();
        assert_eq!(scene.outcomes("a"), [Outcome::Dropped]);
        assert_eq!(scene.state_of("a"), Some(State::Cancelled));
        assert!(scene.ledger.all_failed().is_empty());
        assert!(scene.is_settled());
    }
}

#[test]
fn what_the_message_says_wins_over_the_class() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Missing]);
    scene.receive(forgiving().body("a"));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
}

#[test]
fn its_batch_goes_on_and_its_chain_does_not() {
    for fault in [None, Some(AnswerLost), Some(Throttled)] {
        let mut scene = Scene::laravel();
        let options = BatchOptions::new(false, [Callback::Then]);
        scene.ledger.add_batch("b", 1, options);
        scene.stage.script(1, &[Missing]);
        if let Some(fate) = fault {
            scene.network.then("complete", fate);
        }
        let command = forgiving().followed_by(&[step(2)]).in_batch("b");
        let more = json!({"deleteWhenMissingModels": true});
        scene.receive(command.body_with("a", more));
        scene.run();
        assert_eq!(scene.stage.steps(), [1]);
        assert_eq!(scene.ledger.batch("b").unwrap().counts.pending, 0);
        assert_eq!(scene.callbacks(), ["b:then"]);
        assert!(scene.is_settled());
    }
}

#[test]
fn killed_after_it_was_dropped_its_batch_still_goes_on() {
    let mut scene = Scene::laravel();
    let options = BatchOptions::new(false, [Callback::Then]);
    scene.ledger.add_batch("b", 1, options);
    scene.stage.script(1, &[Missing]);
    let more = json!({"deleteWhenMissingModels": true});
    scene.receive(forgiving().in_batch("b").body_with("a", more));
    let ledger = Arc::clone(&scene.ledger);
    scene.crash_when(move |_| {
        let record = ledger.record("a");
        record.is_some_and(|record| record.state == State::Cancelled)
    });
    assert!(scene.callbacks().is_empty());
    scene.run();
    assert_eq!(scene.callbacks(), ["b:then"]);
    assert_eq!(scene.outcomes("a"), [Outcome::Cancelled]);
}
