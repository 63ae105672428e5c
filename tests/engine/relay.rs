//! What PHP is asked to do, and under which identities.

use std::sync::Arc;

use hikyaku_core::State;
use hikyaku_core::testing::Fate::{AnswerLost, Late, Throttled};
use hikyaku_laravel::{Envelope, derived_uuid};
use serde_json::json;

use super::application::PHP;
use super::echo::Act::{Error, Fail, Ok as Done, Sleep};
use super::php::{Command, step};
use super::{Scene, second};

fn hooked() -> Command {
    Command::of("App\\Jobs\\Hooked").with("n", 1_i64)
}

#[test]
fn php_is_asked_to_call_failed_with_what_went_wrong() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Error, Fail]);
    let body = hooked().body_with("a", json!({"backoff": "1"}));
    scene.receive(body.clone());
    scene.run();
    let asked = scene.questions();
    assert_eq!(
        asked,
        [json!({
            "id": "a:0:failed",
            "event": "failed",
            "body": body,
            "connection": "sqs",
            "queue": "sim://queues/jobs",
            "tasks": ["failed"],
            "exception": "never",
        })]
    );
}

#[test]
fn a_question_is_a_job_whose_uuid_follows_from_what_it_asks() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Fail]);
    scene.receive(hooked().body("a"));
    scene.run();
    let sent = scene.sent_to(PHP);
    let envelope = Envelope::parse(&sent[0].body).unwrap();
    assert_eq!(envelope.job, "App\\Queue\\HikyakuRelay@handle");
    assert_eq!(envelope.uuid, Some(derived_uuid("a:0:failed", "relay")));
    assert_eq!(Some(&sent[0].deduplication), envelope.uuid.as_ref());
}

#[test]
fn a_success_asks_nothing() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Error, Done]);
    scene.receive(hooked().body("a"));
    scene.run();
    assert!(scene.questions().is_empty());
}

#[test]
fn all_of_one_ending_is_one_question() {
    let mut scene = Scene::laravel_with(|laravel| laravel.batches = None);
    scene.stage.script(1, &[Fail]);
    let command = hooked().followed_by(&[step(2)]).catching().in_batch("b");
    scene.receive(command.body("a"));
    scene.run();
    let asked = scene.questions();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["tasks"], json!(["batch", "chain", "failed"]));
}

#[test]
fn each_failure_is_a_question_of_its_own_and_its_repetition_is_none() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Fail, Fail, Done]);
    scene.receive(hooked().body("a"));
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    scene.world.queue.duplicate(&first);
    scene.run();
    scene.send_again("a");
    scene.run();
    let ids: Vec<_> = scene
        .questions()
        .iter()
        .map(|asked| asked["id"].clone())
        .collect();
    // The message of what fails right after it was sent again comes back once more.
    assert_eq!(
        ids,
        ["a:0:failed", "a:0:failed", "a:1:failed", "a:1:failed"]
    );
}

#[test]
fn a_fault_in_any_call_loses_no_question() {
    for operation in ["fail", "send"] {
        for fate in [Throttled, AnswerLost, Late(second(40))] {
            let mut scene = Scene::laravel();
            scene.network.then(operation, fate);
            scene.stage.script(1, &[Fail]);
            scene.receive(hooked().body("a"));
            scene.run();
            assert!(!scene.questions().is_empty(), "{operation} {fate:?}");
            assert!(
                scene
                    .questions()
                    .iter()
                    .all(|asked| asked["id"] == "a:0:failed")
            );
            assert!(scene.is_settled());
        }
    }
}

#[test]
fn killed_after_its_failure_was_recorded_it_still_asks() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Fail]);
    scene.receive(hooked().body("a"));
    let ledger = Arc::clone(&scene.ledger);
    scene.crash_when(move |_| ledger.failed("a").is_some());
    assert!(scene.questions().is_empty());
    scene.run();
    assert_eq!(scene.questions()[0]["id"], "a:0:failed");
    assert_eq!(scene.questions()[0]["exception"], "never");
}

#[test]
fn killed_after_its_failure_was_recorded_it_still_asks_though_it_was_sent_again_meanwhile() {
    for again in [Done, Fail, Sleep(20)] {
        let mut scene = Scene::laravel();
        scene.stage.script(1, &[Fail, again]);
        scene.receive(hooked().body("a"));
        let ledger = Arc::clone(&scene.ledger);
        scene.crash_when(move |_| ledger.failed("a").is_some());
        scene.send_again("a");
        scene.run();
        let asked = scene.questions();
        let first = asked.iter().find(|asked| asked["id"] == "a:0:failed");
        assert!(first.is_some(), "{asked:?}");
    }
}

#[test]
fn a_job_whose_failed_nobody_would_call_does_not_run() {
    let mut scene = Scene::laravel_with(|laravel| laravel.relay = None);
    scene.receive(hooked().body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    let why = scene.row("a").exception;
    assert!(
        why.contains("failed()") && why.contains("HIKYAKU_RELAY_QUEUE_URL"),
        "{why}"
    );
}

#[test]
fn a_question_to_a_queue_that_keeps_an_order_has_a_group() {
    let mut scene = Scene::laravel_with(|laravel| {
        if let Some(relay) = &mut laravel.relay {
            relay.queue = "sim://queues/php.fifo".to_owned();
        }
    });
    scene.stage.script(1, &[Fail]);
    scene.receive(hooked().body("a"));
    scene.run();
    let sent = scene.sent_to("sim://queues/php.fifo");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].group.is_some());
}

#[test]
fn a_question_that_can_never_be_sent_is_buried_and_the_job_is_settled() {
    let mut scene = Scene::laravel();
    scene.world.queue.take_away(PHP, true);
    scene.stage.script(1, &[Fail]);
    scene.receive(hooked().body("a"));
    scene.run();
    assert_eq!(scene.state_of("a"), Some(State::Failed));
    let row = scene.row(&derived_uuid("a:0:failed", "relay"));
    assert_eq!(row.queue, PHP);
    assert!(scene.is_settled());
}
