//! The fallback queue: where messages go that nobody here can run.

use hikyaku_core::testing::Fate::{self, AnswerLost, Late, Throttled};
use hikyaku_core::testing::SimQueue;
use hikyaku_core::{Laravel, Outcome};
use serde_json::json;

use super::php::{fixture, letter, middleware, step};
use super::{Scene, second};

const FALLBACK: &str = "sim://queues/fallback";

fn with_fallback(laravel: &mut Laravel) {
    laravel.fallback = Some(FALLBACK.to_owned());
}

#[test]
fn what_is_not_registered_here_is_sent_on_to_the_letter_and_deleted() {
    let mut scene = Scene::laravel_with(with_fallback);
    let body = format!(
        " {}\n",
        letter().body_with("a", json!({"price": 1.0, "name": "飛脚"}))
    );
    scene.receive(body.clone());
    scene.run();
    let sent = scene.sent_to(FALLBACK);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, body);
    assert_eq!(scene.outcomes("a"), [Outcome::Forwarded]);
    assert!(scene.is_settled());
    assert!(scene.ledger.all_failed().is_empty());
}

#[test]
fn so_is_what_asks_for_what_only_php_can_do() {
    let throttled = middleware("Illuminate\\Queue\\Middleware\\RateLimited");
    for body in [
        step(1).through(vec![throttled]).body("a"),
        fixture("v13/middleware_through"),
        fixture("v13/closure_signed"),
        fixture("v13/encrypted_aes_256_cbc"),
    ] {
        let mut scene = Scene::laravel_with(with_fallback);
        scene.receive(body.clone());
        scene.run();
        let sent = scene.sent_to(FALLBACK);
        assert_eq!(sent.len(), 1, "{:?}", scene.world.reports());
        assert_eq!(sent[0].body, body);
        assert!(scene.stage.steps().is_empty());
    }
}

#[test]
fn a_message_from_the_fallback_queue_does_not_go_back_to_it() {
    let mut scene =
        Scene::laravel_with(|laravel| laravel.fallback = Some(SimQueue::URL.to_owned()));
    scene.receive(letter().body("a"));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
    assert!(scene.row("a").exception.contains("App\\Jobs\\Letter"));
}

#[test]
fn what_is_no_job_is_buried_and_not_sent_on() {
    let mut scene = Scene::laravel_with(with_fallback);
    let id = scene.receive("not a job");
    scene.run();
    assert!(scene.ledger.failed(&id).is_some());
    assert!(scene.sent_to(FALLBACK).is_empty());
}

#[test]
fn a_payload_that_does_not_fit_is_buried_and_not_sent_on() {
    let mut scene = Scene::laravel_with(with_fallback);
    let misfit = super::php::Command::of("App\\Jobs\\Step").with("n", "seven");
    scene.receive(misfit.body("a"));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
    assert!(scene.sent_to(FALLBACK).is_empty());
}

#[test]
fn it_is_deleted_only_when_it_was_sent() {
    for fate in [
        Throttled,
        AnswerLost,
        Late(second(40)),
        Fate::AnsweredLate(second(40)),
    ] {
        let mut scene = Scene::laravel_with(with_fallback);
        scene.network.then("send", fate);
        scene.receive(letter().body("a"));
        scene.run();
        assert!(!scene.sent_to(FALLBACK).is_empty(), "{fate:?}");
        assert!(scene.is_settled());
    }
}

#[test]
fn while_the_fallback_queue_is_down_the_message_stays() {
    let mut scene = Scene::laravel_with(with_fallback);
    scene.network.times(100_000, "send", Throttled);
    scene.receive(letter().body("a"));
    scene.run_to(8 * 3600);
    assert_eq!(scene.world.queue.messages().len(), 1);
    assert!(scene.world.queue.dead().is_empty());
}

#[test]
fn killed_before_it_was_sent_the_message_comes_again() {
    let mut scene = Scene::laravel_with(with_fallback);
    scene.receive(letter().body("a"));
    scene.crash_when(|world| !world.serving().is_empty());
    assert!(scene.sent_to(FALLBACK).is_empty());
    scene.run();
    assert_eq!(scene.sent_to(FALLBACK).len(), 1);
}

#[test]
fn a_fallback_queue_that_is_not_there_loses_nothing() {
    let mut scene = Scene::laravel_with(with_fallback);
    scene.world.queue.take_away(FALLBACK, true);
    scene.receive(letter().body("a"));
    scene.run_to(3600);
    assert_eq!(scene.world.queue.messages().len(), 1);
    scene.world.queue.take_away(FALLBACK, false);
    scene.run();
    assert_eq!(scene.sent_to(FALLBACK).len(), 1);
    assert!(scene.is_settled());
}

#[test]
fn the_group_goes_along_and_a_queue_that_needs_one_gets_one() {
    let fifo = "sim://queues/fallback.fifo";
    for (group, expected) in [(Some("g"), "g"), (None, "hikyaku")] {
        let mut scene =
            Scene::laravel_with(move |laravel| laravel.fallback = Some(fifo.to_owned()));
        scene.world.queue.send(letter().body("a"), group);
        scene.run();
        assert_eq!(scene.sent_to(fifo)[0].group.as_deref(), Some(expected));
    }
}
