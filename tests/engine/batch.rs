//! Several messages in one invocation.

use hikyaku_core::testing::Settings;
use hikyaku_core::{Outcome, Verdict};
use serde_json::json;

use super::Scene;
use super::echo::Act::{Ok, Panic, Sleep};
use Outcome::{Buried, Done, Released};

#[test]
fn each_message_of_a_mixed_batch_gets_its_own_verdict() {
    let mut scene = Scene::new();
    scene.send("good", "once", &[Ok]);
    let malformed = scene.world.queue.send("not json", None);
    scene.send("unknown", "App\\Jobs\\Unknown", &[Ok]);
    scene.send_with(
        "panics",
        "once",
        &[Panic],
        json!({"maxTries": 2, "backoff": "3"}),
    );
    scene.send_with(
        "slow",
        "once",
        &[Sleep(500)],
        json!({"maxTries": 2, "backoff": "5", "timeout": 20}),
    );
    scene.run();

    assert_eq!(scene.outcomes("good"), [Done]);
    assert_eq!(scene.outcomes(&malformed), [Buried]);
    assert_eq!(scene.outcomes("unknown"), [Buried]);
    // The slow one keeps the first invocation open for longest.
    assert_eq!(scene.outcomes("panics"), [Buried, Released]);
    assert_eq!(scene.times("panics"), [0.0, 3.0]);
    assert_eq!(scene.outcomes("slow"), [Released, Buried]);
    assert_eq!(scene.times("slow"), [0.0, 25.0]);
    assert_eq!(scene.ledger.all_failed().len(), 4);
    assert!(scene.world.queue.dead().is_empty());
}

#[test]
fn what_is_not_a_job_is_buried_with_its_exact_text_and_a_reason() {
    let mut scene = Scene::new();
    let id = scene.world.queue.send("{\"job\": 7, \"x\": 1.0} ", None);
    scene.run();
    let row = scene.ledger.failed(&id).unwrap();
    assert_eq!(row.body.as_deref(), Some("{\"job\": 7, \"x\": 1.0} "));
    assert!(
        row.exception.starts_with("the message is not a job: "),
        "{}",
        row.exception
    );
    let payload: serde_json::Value = serde_json::from_str(&row.payload).unwrap();
    assert_eq!(payload["data"]["reason"], json!(row.exception));
}

#[test]
fn an_unknown_job_is_buried_with_the_names_that_are_known() {
    let mut scene = Scene::new();
    scene.send("a", "nobody", &[Ok]);
    scene.run();
    let row = scene.ledger.failed("a").unwrap();
    assert!(
        row.exception.contains("`nobody`") && row.exception.contains("`once`"),
        "{}",
        row.exception
    );
    assert_eq!(row.body, None);
    let payload: serde_json::Value = serde_json::from_str(&row.payload).unwrap();
    assert_eq!(payload["data"]["acts"], json!(["ok"]));
    assert_eq!(payload["hikyaku"]["generation"], json!(1));
}

#[test]
fn a_payload_that_panics_when_it_is_read_buries_its_message_alone() {
    let mut scene = Scene::new();
    scene.send("bad", "unreadable", &[]);
    scene.send("good", "once", &[Ok]);
    scene.run();
    assert_eq!(scene.outcomes("bad"), [Buried]);
    assert_eq!(scene.outcomes("good"), [Done]);
    let row = scene.ledger.failed("bad").unwrap();
    assert_eq!(
        row.exception,
        "reading the payload of job `unreadable` panicked"
    );
}

#[test]
fn reports_come_in_the_order_of_the_messages() {
    let mut scene = Scene::new();
    for (id, seconds) in [("a", 3), ("b", 1), ("c", 2)] {
        scene.send(id, "once", &[Sleep(seconds)]);
    }
    scene.run();
    let ids: Vec<_> = scene
        .world
        .reports()
        .iter()
        .map(|report| report.id.clone())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert!(
        scene
            .world
            .reports()
            .iter()
            .all(|report| report.verdict == Verdict::Delete)
    );
}

#[test]
fn no_more_jobs_run_at_once_than_the_worker_may() {
    let mut scene = Scene::with_worker(Settings::default(), 2);
    for id in ["a", "b", "c", "d", "e"] {
        scene.send(id, "once", &[Sleep(10)]);
    }
    scene.run();
    let times: Vec<_> = ["a", "b", "c", "d", "e"]
        .iter()
        .flat_map(|id| scene.times(id))
        .collect();
    assert_eq!(times, [0.0, 0.0, 10.0, 10.0, 20.0]);
}

#[test]
fn a_crash_costs_the_finished_neighbours_no_second_run() {
    let mut scene = Scene::new();
    scene.send("good", "once", &[Ok]);
    scene.send("crashes", "once", &[Sleep(30), Ok]);
    scene.crash_at(10);
    scene.run();
    assert_eq!(scene.starts("good").len(), 1);
    assert_eq!(scene.outcomes("good"), [Outcome::DoneBefore]);
    assert_eq!(scene.outcomes("crashes"), [Done]);
}

#[test]
fn a_worker_at_work_can_move_between_threads() {
    fn movable<T: Send>(_: &T) {}
    let worker = hikyaku_core::Worker::new(());
    let scene = Scene::new();
    let invocation = hikyaku_core::Invocation {
        started: scene.start,
        deadline: None,
    };
    let ports = scene.ports();
    movable(&worker.process(&[], invocation, &ports));
}
