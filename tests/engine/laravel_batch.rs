//! Batches: each job is counted once, and PHP is asked for the callbacks that are due.

use std::sync::Arc;

use hikyaku_core::testing::Fate::{AnswerLost, Late, Throttled};
use hikyaku_core::{Outcome, State};
use hikyaku_laravel::batch::Callback::{self, Catch, Failure, Finally, Progress, Then};
use hikyaku_laravel::batch::{BatchOptions, Counts};
use serde_json::json;

use super::echo::Act::{Error, Fail, Ok as Done};
use super::php::{Command, fixtures, middleware, step, uuid};
use super::{Scene, second};

const CANCELLED: &str = "Illuminate\\Queue\\Middleware\\SkipIfBatchCancelled";

/// A batch of jobs that do what their scripts say.
fn batch(jobs: u32, allow_failures: bool, callbacks: &[Callback]) -> Scene {
    let scene = Scene::laravel();
    let options = BatchOptions::new(allow_failures, callbacks.iter().copied());
    scene.ledger.add_batch("b", i64::from(jobs), options);
    for number in 1..=jobs {
        scene.receive(member(number).body(&id(number)));
    }
    scene
}

fn member(number: u32) -> Command {
    step(i64::from(number)).in_batch("b")
}

fn id(number: u32) -> String {
    format!("job-{number}")
}

#[track_caller]
fn counts(scene: &Scene, pending: i64, failed: i64) {
    let batch = scene.ledger.batch("b").unwrap();
    assert_eq!(batch.counts, Counts { pending, failed });
}

#[test]
fn the_jobs_of_a_real_batch_are_counted_and_then_and_finally_asked_for_once() {
    let mut scene = Scene::laravel();
    let bodies = fixtures("v13/batch3");
    let options = BatchOptions::new(true, [Then, Finally]);
    let batch = "a34a9add-e93f-474e-a6a1-9d7a260c0920";
    scene.ledger.add_batch(batch, 3, options);
    for body in &bodies {
        scene.receive(body.clone());
    }
    scene.run();
    let mut steps = scene.stage.steps();
    steps.sort_unstable();
    assert_eq!(steps, [1, 2, 3]);
    assert_eq!(scene.ledger.batch(batch).unwrap().counts.pending, 0);
    assert!(scene.ledger.is_finished(batch));
    assert_eq!(
        scene.callbacks(),
        [format!("{batch}:then"), format!("{batch}:finally")]
    );
    let last = scene.questions().pop().unwrap();
    assert_eq!(last["event"], "batch");
    assert_eq!(last["batchId"], batch);
    assert_eq!(last["exception"], json!(null));
    assert!(
        bodies
            .iter()
            .all(|body| scene.state_of(&uuid(body)) == Some(State::Done))
    );
}

#[test]
fn then_and_finally_are_asked_for_in_one_message() {
    let mut scene = batch(2, false, &[Finally, Then]);
    scene.run();
    let last = scene.questions().pop().unwrap();
    assert_eq!(
        last["callbacks"],
        json!([{"name": "then", "id": "b:then"}, {"name": "finally", "id": "b:finally"}])
    );
}

#[test]
fn a_job_is_counted_once_however_often_its_message_comes() {
    let mut scene = batch(2, false, &[Then]);
    let messages = scene.world.queue.messages();
    scene.run();
    for _ in 0..3 {
        scene.world.queue.duplicate(&messages[0]);
        scene.run();
    }
    counts(&scene, 0, 0);
    assert_eq!(scene.callbacks(), ["b:then"]);
    assert_eq!(scene.stage.steps().len(), 2);
}

#[test]
fn copies_that_come_before_the_batch_is_done_count_nothing() {
    let mut scene = batch(3, false, &[Then]);
    let messages = scene.world.queue.messages();
    scene.world.queue.duplicate(&messages[0]);
    scene.world.queue.duplicate(&messages[0]);
    scene.stage.script(2, &[super::echo::Act::Sleep(30)]);
    scene.run_to(20);
    counts(&scene, 1, 0);
    assert!(!scene.ledger.is_finished("b"));
    assert!(scene.callbacks().is_empty());
    scene.run();
    counts(&scene, 0, 0);
}

#[test]
fn a_fault_in_any_call_counts_nothing_twice_and_loses_no_callback() {
    for operation in ["complete", "read_batch", "finish_batch", "send"] {
        for fate in [Throttled, AnswerLost, Late(second(40))] {
            let mut scene = batch(2, false, &[Then]);
            scene.network.then(operation, fate);
            scene.run();
            counts(&scene, 0, 0);
            assert!(scene.ledger.is_finished("b"), "{operation} {fate:?}");
            assert_eq!(scene.callbacks(), ["b:then"], "{operation} {fate:?}");
        }
    }
}

#[test]
fn killed_after_it_was_counted_the_job_still_asks_for_what_is_due() {
    let mut scene = batch(1, false, &[Then]);
    let ledger = Arc::clone(&scene.ledger);
    scene.crash_when(move |_| {
        let batch = ledger.batch("b");
        batch.is_some_and(|batch| batch.counts.pending == 0)
    });
    assert!(scene.questions().is_empty());
    scene.run();
    assert_eq!(scene.callbacks(), ["b:then"]);
    assert!(scene.ledger.is_finished("b"));
    counts(&scene, 0, 0);
}

#[test]
fn each_success_is_a_progress_of_its_own() {
    let mut scene = batch(2, false, &[Progress]);
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    scene.world.queue.duplicate(&first);
    scene.run();
    assert_eq!(scene.callbacks(), ["b:progress:job-1", "b:progress:job-2"]);
}

#[test]
fn the_first_failure_cancels_the_batch_and_only_it_asks_for_catch() {
    let mut scene = batch(3, false, &[Catch, Then, Finally, Failure]);
    scene.stage.script(1, &[Fail]);
    scene.stage.script(2, &[Fail]);
    scene.run();
    let batch = scene.ledger.batch("b").unwrap();
    assert!(batch.cancelled);
    counts(&scene, 2, 2);
    let catches = scene.questions().into_iter();
    let catches = catches.filter(|asked| asked.to_string().contains("b:catch"));
    assert_eq!(catches.count(), 1);
    assert_eq!(scene.callbacks(), ["b:catch", "b:finally"]);
    assert_eq!(scene.questions()[0]["exception"], "never");
    assert_eq!(batch.first_failed.as_deref(), Some("job-1"));
    assert_eq!(
        scene.stage.steps().len(),
        3,
        "as in laravel, the others run"
    );
}

#[test]
fn a_batch_that_allows_failures_goes_on_and_says_failure_and_progress_of_each() {
    let mut scene = batch(2, true, &[Catch, Failure, Progress, Then, Finally]);
    scene.stage.script(1, &[Fail]);
    scene.run();
    assert!(!scene.ledger.batch("b").unwrap().cancelled);
    counts(&scene, 1, 1);
    assert!(!scene.ledger.is_finished("b"));
    let mut callbacks = scene.callbacks();
    callbacks.sort();
    assert_eq!(
        callbacks,
        [
            "b:catch",
            "b:failure:job-1:0",
            "b:finally",
            "b:progress:job-1:0",
            "b:progress:job-2"
        ]
    );
}

#[test]
fn a_failed_job_that_is_sent_again_and_done_completes_its_batch() {
    let mut scene = batch(2, true, &[Then, Finally]);
    scene.stage.script(1, &[Fail, Done]);
    scene.run();
    counts(&scene, 1, 1);
    assert_eq!(scene.callbacks(), ["b:finally"]);
    scene.send_again("job-1");
    scene.run();
    counts(&scene, 0, 1);
    assert_eq!(scene.callbacks(), ["b:finally", "b:then"]);
    assert!(scene.ledger.is_finished("b"));
}

#[test]
fn a_job_that_fails_in_two_generations_is_one_failed_job_and_two_failures_to_php() {
    let mut scene = batch(2, true, &[Failure, Catch]);
    scene.stage.script(1, &[Fail, Fail, Done]);
    scene.run();
    scene.send_again("job-1");
    scene.run();
    counts(&scene, 1, 1);
    assert_eq!(
        scene.callbacks(),
        ["b:catch", "b:failure:job-1:0", "b:failure:job-1:1"]
    );
}

#[test]
fn a_batch_that_is_gone_ends_its_jobs_all_the_same() {
    let mut scene = Scene::laravel();
    scene.receive(member(1).body("done"));
    scene.stage.script(2, &[Fail]);
    scene.receive(member(2).body("failed"));
    scene.run();
    assert_eq!(scene.state_of("done"), Some(State::Done));
    assert_eq!(scene.state_of("failed"), Some(State::Failed));
    assert!(scene.questions().is_empty());
    assert!(scene.is_settled());
}

#[test]
fn php_counts_in_a_batch_that_is_out_of_reach() {
    let mut scene = Scene::laravel_with(|laravel| laravel.batches = None);
    scene.stage.script(2, &[Fail]);
    let bodies = [member(1).body("a"), member(2).body("z")];
    for body in &bodies {
        scene.receive(body.clone());
    }
    scene.run();
    let asked = scene.questions();
    assert_eq!(asked.len(), 2);
    for (asked, event, body) in [
        (&asked[0], "done", &bodies[0]),
        (&asked[1], "failed", &bodies[1]),
    ] {
        assert_eq!(asked["event"], event);
        assert_eq!(asked["tasks"], json!(["batch"]));
        assert_eq!(asked["body"], body.as_str());
    }
}

#[test]
fn a_job_whose_batch_nobody_would_count_does_not_run() {
    let mut scene = Scene::laravel_with(|laravel| {
        laravel.batches = None;
        laravel.relay = None;
    });
    scene.receive(member(1).body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    let why = scene.row("a").exception;
    assert!(why.contains("HIKYAKU_BATCH_TABLE"), "{why}");
}

#[test]
fn a_batch_with_callbacks_that_nobody_would_call_does_not_run_and_one_without_does() {
    for (callbacks, steps) in [(vec![Then], vec![]), (vec![], vec![1])] {
        let mut scene = Scene::laravel_with(|laravel| laravel.relay = None);
        scene
            .ledger
            .add_batch("b", 1, BatchOptions::new(false, callbacks));
        scene.receive(member(1).body("a"));
        scene.run();
        assert_eq!(scene.stage.steps(), steps);
        if steps.is_empty() {
            assert!(scene.row("a").exception.contains("HIKYAKU_RELAY_QUEUE_URL"));
        }
    }
}

#[test]
fn a_job_of_a_cancelled_batch_is_skipped_if_it_asks_for_that_and_counts() {
    for (middlewares, steps) in [(vec![middleware(CANCELLED)], vec![]), (vec![], vec![1])] {
        let mut scene = Scene::laravel();
        scene.ledger.add_batch("b", 2, BatchOptions::default());
        let cancel = hikyaku_core::Batches::cancel(&*scene.ledger, "b", scene.start);
        assert!(hikyaku_core::testing::block_on(cancel).is_ok());
        scene.receive(member(1).through(middlewares).body("a"));
        scene.run();
        assert_eq!(scene.stage.steps(), steps);
        counts(&scene, 1, 0);
    }
}

#[test]
fn a_batch_that_does_not_answer_is_asked_again_and_no_try_is_spent() {
    let mut scene = Scene::laravel();
    scene.ledger.add_batch("b", 1, BatchOptions::default());
    scene.network.times(500, "read_batch", Throttled);
    let command = member(1).through(vec![middleware(CANCELLED)]);
    scene.receive(command.body_with("a", json!({"maxTries": 1})));
    scene.run();
    assert_eq!(scene.stage.steps(), [1]);
    assert_eq!(scene.outcomes("a")[0], Outcome::Unsettled);
    counts(&scene, 0, 0);
}

#[test]
fn whether_a_batch_out_of_reach_is_cancelled_cannot_be_known() {
    let mut scene = Scene::laravel_with(|laravel| laravel.batches = None);
    scene.receive(member(1).through(vec![middleware(CANCELLED)]).body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    assert!(scene.row("a").exception.contains("HIKYAKU_BATCH_TABLE"));
}

#[test]
fn a_payload_that_does_not_fit_is_a_failure_in_its_batch() {
    let mut scene = Scene::laravel();
    scene
        .ledger
        .add_batch("b", 1, BatchOptions::new(false, [Catch]));
    let misfit = Command::of("App\\Jobs\\Step")
        .with("n", "seven")
        .in_batch("b");
    scene.receive(misfit.body("a"));
    scene.run();
    counts(&scene, 1, 1);
    assert!(scene.ledger.batch("b").unwrap().cancelled);
    assert_eq!(scene.callbacks(), ["b:catch"]);
    assert_eq!(scene.outcomes("a"), [Outcome::Buried]);
    let why = scene.row("a").exception;
    assert!(why.contains("it cannot be run"), "{why}");
}

#[test]
fn a_job_that_is_tried_again_is_counted_when_it_ends_and_not_before() {
    let mut scene = batch(1, false, &[Then, Catch]);
    scene.stage.script(1, &[Error, Error, Done]);
    scene.run_to(5);
    counts(&scene, 1, 0);
    scene.run();
    counts(&scene, 0, 0);
    assert_eq!(scene.callbacks(), ["b:then"]);
}
