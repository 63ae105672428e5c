//! Dead letters: what a queue has given up becomes a failed job, unless it has ended or runs.

use hikyaku_core::testing::block_on;
use hikyaku_core::{
    Clock as _, DeadEvent, DeadLetter, Delivery, Invocation, Outcome, Receipt, Report, State,
    Verdict, Worker,
};
use hikyaku_laravel::batch::BatchOptions;
use hikyaku_laravel::batch::Callback::Catch;
use serde_json::json;

use super::echo::Act::{self, Error, Ok as Done, Sleep, Snooze};
use super::php::step;
use super::{Scene, body};

const SOURCE: &str = "https://sqs.test/000000000000/jobs";
const DEAD: &str = "https://sqs.test/000000000000/dead-letters";

fn letter(scene: &Scene, body: impl Into<String>) -> Delivery {
    let now = scene.world.clock.now();
    Delivery {
        message_id: "m-1".to_owned(),
        body: body.into(),
        receive_count: 101,
        group: None,
        queue: SOURCE.to_owned(),
        dead_letter: Some(DeadLetter {
            sent: Some(scene.start),
            event: None,
        }),
        sent: Some(scene.start),
        trace: None,
        receipt: Some(Receipt {
            queue: DEAD.to_owned(),
            handle: "h-1".to_owned(),
            received: now,
        }),
    }
}

/// What becomes of a dead letter in this scene.
fn buried(scene: &Scene, body: impl Into<String>) -> Report {
    report_on(scene, letter(scene, body))
}

fn report_on(scene: &Scene, letter: Delivery) -> Report {
    let deliveries = [letter];
    let invocation = Invocation {
        started: scene.world.clock.now(),
        deadline: None,
    };
    let worker = Worker::of_dead_letters();
    let ports = scene.ports();
    let mut reports = block_on(worker.process(&deliveries, invocation, &ports));
    reports.pop().unwrap()
}

fn job(acts: &[Act]) -> String {
    body("j", "once", acts, json!({}))
}

#[test]
fn a_job_that_never_began_is_buried_with_what_is_known_and_runs_when_it_is_sent_again() {
    let mut scene = Scene::new();
    let report = buried(&scene, job(&[Done]));
    assert_eq!(report.outcome, Outcome::Buried);
    assert!(report.verdict.acknowledges());
    let row = scene.ledger.failed("j").unwrap();
    assert_eq!(row.queue, SOURCE, "there it is sent again");
    for part in [
        "dead letter",
        SOURCE,
        "received 101 times",
        "no attempt of it is on record",
    ] {
        assert!(row.exception.contains(part), "{}", row.exception);
    }
    assert_eq!(scene.ledger.record("j").unwrap().state, State::Failed);

    scene.world.queue.send(row.payload, None);
    scene.ledger.forget("j");
    scene.run();
    assert_eq!(scene.outcomes("j"), [Outcome::Done]);
    assert_eq!(scene.starts("j").len(), 1);
}

#[test]
fn its_last_error_is_told() {
    let mut scene = Scene::new();
    scene.send("j", "once", &[Error]);
    scene.run_to(5);
    assert_eq!(scene.ledger.record("j").unwrap().state, State::Pending);
    buried(&scene, job(&[Error]));
    let row = scene.ledger.failed("j").unwrap();
    assert!(
        row.exception.contains("its last error was: "),
        "{}",
        row.exception
    );
}

#[test]
fn attempts_that_spent_no_try_are_told() {
    let mut scene = Scene::new();
    scene.send("j", "once", &[Snooze(900)]);
    scene.run_to(5);
    buried(&scene, job(&[Snooze(900)]));
    let row = scene.ledger.failed("j").unwrap();
    for part in ["it began and spent no try", "snoozed or given back"] {
        assert!(row.exception.contains(part), "{}", row.exception);
    }
}

#[test]
fn what_stood_behind_others_of_its_group_is_told_so() {
    let scene = Scene::new();
    let grouped = Delivery {
        group: Some("tenant".to_owned()),
        ..letter(&scene, job(&[Done]))
    };
    report_on(&scene, grouped);
    let row = scene.ledger.failed("j").unwrap();
    for part in ["no attempt of it is on record", "others stood before it"] {
        assert!(row.exception.contains(part), "{}", row.exception);
    }
    assert_eq!(row.group.as_deref(), Some("tenant"));
}

#[test]
fn attempts_that_died_are_told() {
    let mut scene = Scene::new();
    scene.send("j", "once", &[Sleep(30)]);
    scene.crash_at(5);
    scene
        .world
        .clock
        .advance_to(scene.start + super::second(3600));
    buried(&scene, job(&[Sleep(30)]));
    let row = scene.ledger.failed("j").unwrap();
    let told = "1 attempts began and none reported its end";
    assert!(row.exception.contains(told), "{}", row.exception);
}

#[test]
fn a_job_that_is_done_is_acknowledged_and_nothing_else() {
    let mut scene = Scene::new();
    scene.send("j", "once", &[Done]);
    scene.run();
    let report = buried(&scene, job(&[Done]));
    assert_eq!(
        (report.outcome, report.verdict),
        (Outcome::DoneBefore, Verdict::Delete)
    );
    assert!(scene.ledger.failed("j").is_none());
}

#[test]
fn a_job_that_runs_is_waited_for() {
    let mut scene = Scene::new();
    scene.send("j", "once", &[Sleep(30)]);
    scene.run_to(5);
    let report = buried(&scene, job(&[Sleep(30)]));
    assert!(!report.verdict.acknowledges(), "{report:?}");
    assert!(scene.ledger.failed("j").is_none());
}

#[test]
fn its_own_tries_and_limits_do_not_matter() {
    let scene = Scene::new();
    let long_over = json!({ "maxTries": 1, "retryUntil": 1_000 });
    let report = buried(&scene, body("j", "once", &[Done], long_over));
    assert_eq!(report.outcome, Outcome::Buried);
    let row = scene.ledger.failed("j").unwrap();
    assert!(row.exception.contains("dead letter"), "{}", row.exception);
}

#[test]
fn a_job_that_nobody_here_knows_is_buried_all_the_same() {
    let scene = Scene::new();
    let report = buried(&scene, r#"{"uuid": "u", "job": "unheard-of", "data": {}}"#);
    assert_eq!(report.outcome, Outcome::Buried);
    assert!(scene.ledger.failed("u").is_some());
}

#[test]
fn what_is_no_job_is_kept_to_the_letter_with_where_it_came_from() {
    let scene = Scene::new();
    let report = buried(&scene, "not a job");
    assert_eq!(report.outcome, Outcome::Buried);
    let row = scene.ledger.failed("m-1").unwrap();
    assert_eq!(row.body.as_deref(), Some("not a job"));
    assert!(row.exception.contains(SOURCE), "{}", row.exception);
}

#[test]
fn an_event_that_lambda_gave_up_has_lambdas_reason() {
    let scene = Scene::new();
    let event = DeadEvent {
        request_id: "r-1".to_owned(),
        error: Some("the table is gone".to_owned()),
    };
    let letter = Delivery {
        dead_letter: Some(DeadLetter {
            sent: None,
            event: Some(event),
        }),
        queue: DEAD.to_owned(),
        ..letter(&scene, r#"{"source": "aws.events"}"#)
    };
    let report = report_on(&scene, letter);
    assert_eq!(report.outcome, Outcome::Buried);
    let row = scene.ledger.failed("m-1").unwrap();
    assert_eq!(row.body.as_deref(), Some(r#"{"source": "aws.events"}"#));
    let reason = "dead letter: Lambda gave up the event of invocation r-1: the table is gone";
    assert!(row.exception.contains(reason), "{}", row.exception);
    assert!(!row.exception.contains("not a job"), "{}", row.exception);
}

#[test]
fn its_batch_learns_of_it() {
    let scene = Scene::laravel();
    let options = BatchOptions::new(false, [Catch]);
    scene.ledger.add_batch("b", 2, options);
    let report = buried(&scene, step(1).in_batch("b").body("j"));
    assert_eq!(report.outcome, Outcome::Buried, "{report:?}");
    let counts = scene.ledger.batch("b").unwrap().counts;
    assert_eq!((counts.pending, counts.failed), (2, 1));
}

#[test]
fn a_letter_that_comes_twice_is_one_failed_job() {
    let scene = Scene::new();
    buried(&scene, job(&[Done]));
    let report = buried(&scene, job(&[Done]));
    assert_eq!(report.outcome, Outcome::FailedBefore);
    assert_eq!(scene.ledger.all_failed().len(), 1);
}
