//! One uuid, two jobs: neither is dropped in silence, and no row of one takes the place of the other's.

use hikyaku_core::{FailedJob, Outcome, State};
use serde_json::{Value, json};

use super::Scene;
use super::echo::Act::{self, Error, Fail, Ok, Sleep, Snooze};
use Outcome::{Buried, Done, DoneBefore, FailedBefore, Stale};

impl Scene {
    fn rows_of(&self, job: &str) -> Vec<FailedJob> {
        let rows = self.ledger.all_failed().into_iter();
        rows.filter(|row| row.job == job).collect()
    }

    /// Sends what a row says, and forgets it.
    fn send_row(&mut self, row: &FailedJob) {
        self.world.queue.send(row.payload.clone(), None);
        self.ledger.forget(&row.id);
        self.run();
    }

    fn ended(&self, id: &str) -> Option<Outcome> {
        self.outcomes(id).last().copied()
    }
}

#[test]
fn another_class_under_the_uuid_of_a_job_is_kept_as_failed_and_runs_when_it_is_sent_again() {
    let ends: [(&[Act], u64, State); 5] = [
        (&[Ok], 1, State::Done),
        (&[Fail], 1, State::Failed),
        (&[Snooze(900), Ok], 1, State::Pending),
        (&[Error, Ok], 1, State::Pending),
        (&[Sleep(50)], 1, State::Running),
    ];
    for (acts, at, state) in ends {
        let mut scene = Scene::new();
        scene.send_with("a", "once", acts, json!({"backoff": "600"}));
        scene.run_to(at);
        assert_eq!(scene.ledger.record("a").unwrap().state, state);
        scene.send("a", "long", &[Ok]);
        scene.run_to(at + 1);
        assert_eq!(scene.starts("a").len(), 1, "{state:?}");
        let [row] = &scene.rows_of("long")[..] else {
            panic!("{state:?}: {:?}", scene.ledger.all_failed())
        };
        assert_ne!(row.id, "a");
        for part in ["`a` is that of a job `once`", "`long`", &row.id] {
            assert!(row.exception.contains(part), "{}", row.exception);
        }
        let row = row.clone();
        scene.send_row(&row);
        assert_eq!(scene.ended(&row.id), Some(Done), "{state:?}");
        assert_eq!(scene.starts(&row.id).len(), 1);
        assert!(scene.rows_of("long").is_empty());
    }
}

#[test]
fn a_redelivery_of_it_is_the_same_row() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Ok]);
    scene.run();
    scene.send("a", "long", &[Ok]);
    let copy = scene.world.queue.messages()[0].clone();
    scene.run();
    scene.world.queue.duplicate(&copy);
    scene.run();
    assert_eq!(scene.rows_of("long").len(), 1);
    scene.send("a", "long", &[Ok]);
    scene.run();
    assert_eq!(
        scene.rows_of("long").len(),
        2,
        "another message is another job"
    );
}

#[test]
fn a_generation_that_the_other_job_never_had_is_no_way_in() {
    for generation in [1, 2, 7] {
        let mut scene = Scene::new();
        scene.send("a", "once", &[Ok]);
        scene.run();
        let more = json!({"hikyaku": {"generation": generation}});
        scene.send_with("a", "long", &[Ok], more);
        scene.run();
        assert_eq!(scene.rows_of("long").len(), 1, "{generation}");
        assert_eq!(scene.ledger.record("a").unwrap().generation, 0);
    }
}

#[test]
fn a_refused_message_leaves_the_row_of_another_job_alone() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Fail, Ok], json!({"maxTries": 1}));
    scene.run();
    let first = scene.ledger.failed("a").unwrap();
    scene.send("a", "nobody", &[Ok]);
    let wrapped = json!({"uuid": "a", "job": "hikyaku.malformed", "data": {"body": "nonsense"}});
    scene.world.queue.send(wrapped.to_string(), None);
    let encrypted = json!({
        "uuid": "a", "displayName": "App\\Jobs\\Hidden", "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "data": {"commandName": "App\\Jobs\\Hidden", "command": "eyJpdiI6"},
    });
    scene.world.queue.send(encrypted.to_string(), None);
    scene.run();
    assert_eq!(scene.ledger.failed("a"), Some(first.clone()));
    assert_eq!(scene.ledger.all_failed().len(), 4);
    scene.send_row(&first);
    assert_eq!(scene.ended("a"), Some(Done));
    assert_eq!(scene.ledger.all_failed().len(), 3);
    let [row] = &scene.rows_of("nobody")[..] else {
        panic!("{:?}", scene.ledger.all_failed())
    };
    let payload: Value = serde_json::from_str(&row.payload).unwrap();
    assert_eq!(
        payload["uuid"],
        json!(row.id),
        "sending it again is no job of the other's"
    );
}

#[test]
fn a_job_that_fails_leaves_the_row_of_a_refused_message_alone() {
    for job in ["once", "at-least-once"] {
        let mut scene = Scene::new();
        scene.send("a", "nobody", &[Ok]);
        scene.run();
        scene.send_with("a", job, &[Fail, Ok], json!({"maxTries": 1}));
        scene.run();
        assert_eq!(scene.rows_of("nobody").len(), 1, "{job}");
        let [row] = &scene.rows_of(job)[..] else {
            panic!("{job}: {:?}", scene.ledger.all_failed())
        };
        assert_ne!(row.id, "a");
        let row = row.clone();
        scene.send_row(&row);
        assert_eq!(scene.starts(&row.id).len(), 1, "{job}");
        assert_eq!(scene.starts("a").len(), 1, "{job}");
    }
}

#[test]
fn a_class_renamed_between_its_failure_and_queue_retry_runs() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Fail], json!({"maxTries": 1}));
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    let row = scene.ledger.failed("a").unwrap();
    let renamed = row
        .payload
        .replace("\"once\"", "\"long\"")
        .replace("fail", "ok");
    scene.world.queue.send(renamed, None);
    scene.ledger.forget("a");
    scene.run();
    assert_eq!(scene.ended("a"), Some(Done));
    assert_eq!(scene.starts("a").len(), 2);
    // What is left of the old name is not lost in silence either.
    scene.world.queue.duplicate(&first);
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.rows_of("once").len(), 1);
}

#[test]
fn a_leading_backslash_is_no_other_class() {
    for (first, second) in [("once", "\\once"), ("\\once", "once")] {
        let mut scene = Scene::new();
        for name in [first, second] {
            let body = json!({"uuid": "a", "job": name, "data": {"acts": ["ok"]}});
            scene.world.queue.send(body.to_string(), None);
            scene.run();
        }
        assert_eq!(scene.outcomes("a"), [Done, DoneBefore], "{first}");
    }
}

#[test]
fn copies_of_one_job_are_no_collision() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Fail, Ok], json!({"maxTries": 1}));
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    scene.world.queue.duplicate(&first);
    scene.run();
    assert_eq!(scene.ended("a"), Some(FailedBefore));
    let row = scene.ledger.failed("a").unwrap();
    scene.send_row(&row);
    assert_eq!(scene.ended("a"), Some(Done));
    scene.world.queue.duplicate(&first);
    scene.run();
    assert!([DoneBefore, Stale].contains(&scene.ended("a").unwrap()));
    assert!(scene.ledger.all_failed().is_empty());
    assert!(!scene.outcomes("a")[1..].contains(&Buried));
}
