//! One trace, from the producer's message to all that follows from it.

use hikyaku_core::testing::SimQueue;
use hikyaku_core::{Outcome, Outgoing};
use serde_json::json;

use super::application::PHP;
use super::echo::Act::{Error, Fail, Ok as Done};
use super::php::{Command, letter, step};
use super::{Scene, body};

const HEADER: &str = "Root=1-5e3d83c1-e6a0db584850d61342823d4c;Parent=53995c3f42cd8ad8;Sampled=1";

impl Scene {
    fn receive_traced(&self, body: String) {
        let message = Outgoing::new(SimQueue::URL, body, "").in_trace(Some(HEADER));
        self.world.queue.put(message);
    }

    /// The traces that jobs were told to be in, start by start; empty for none.
    fn traces(&self) -> Vec<String> {
        let starts = self.stage.starts.lock().unwrap();
        let traces = starts.iter().map(|start| start.trace.clone());
        traces.map(Option::unwrap_or_default).collect()
    }
}

#[test]
fn every_link_of_a_chain_is_in_the_trace_of_the_first() {
    let mut scene = Scene::laravel();
    scene.receive_traced(step(1).followed_by(&[step(2), step(3)]).body("first"));
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2, 3]);
    assert_eq!(scene.traces(), [HEADER; 3]);
}

#[test]
fn so_are_the_attempts_of_a_job() {
    let mut scene = Scene::laravel();
    scene.receive_traced(body(
        "a",
        "once",
        &[Error, Error, Done],
        json!({"backoff": "1"}),
    ));
    scene.run();
    assert_eq!(scene.traces(), [HEADER; 3]);
}

#[test]
fn php_is_asked_in_the_trace_of_the_job() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Fail]);
    let hooked = Command::of("App\\Jobs\\Hooked").with("n", 1_i64);
    scene.receive_traced(hooked.body("a"));
    scene.run();
    let asked = scene.sent_to(PHP);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].trace.as_deref(), Some(HEADER));
}

#[test]
fn a_message_that_is_sent_on_to_the_fallback_queue_stays_in_its_trace() {
    let fallback = "sim://queues/fallback";
    let mut scene =
        Scene::laravel_with(move |laravel| laravel.fallback = Some(fallback.to_owned()));
    scene.receive_traced(letter().body("a"));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Forwarded]);
    assert_eq!(scene.sent_to(fallback)[0].trace.as_deref(), Some(HEADER));
}

#[test]
fn a_failed_job_is_kept_with_its_trace_whatever_it_failed_of() {
    let mut scene = Scene::laravel();
    scene.receive_traced(body("failed", "once", &[Fail], json!({})));
    scene.receive_traced(body("unknown", "nobody", &[Done], json!({})));
    scene.run();
    for id in ["failed", "unknown"] {
        assert_eq!(scene.row(id).trace.as_deref(), Some(HEADER), "{id}");
    }
}

#[test]
fn a_link_that_no_queue_takes_is_kept_with_it_too() {
    let mut scene = Scene::laravel_with(|laravel| laravel.queues.default = Some("gone".to_owned()));
    scene.world.queue.take_away("sim://queues/gone", true);
    scene.receive_traced(step(1).followed_by(&[step(2)]).body("first"));
    scene.run();
    let rows = scene.ledger.all_failed();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].trace.as_deref(), Some(HEADER));
}

#[test]
fn what_came_without_a_trace_leads_to_none() {
    let mut scene = Scene::laravel();
    scene.receive(step(1).followed_by(&[step(2)]).body("first"));
    scene.run();
    assert_eq!(scene.traces(), [""; 2]);
}
