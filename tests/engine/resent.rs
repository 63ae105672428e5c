//! Messages of another generation than the ledger's: failed jobs sent again, and late copies.

use hikyaku_core::testing::Fate::Throttled;
use hikyaku_core::testing::Settings;
use hikyaku_core::{ClaimRequest, Clock as _, Ledger, Outcome, Place, State, Timestamp};
use serde_json::{Value, json};

use super::echo::Act::{self, Error, Fail, Ok, Sleep};
use super::{Scene, body, second};
use Outcome::{Buried, Done, DoneBefore, FailedBefore, Held, Released, Stale};

impl Scene {
    /// Sends a failed job again as artisan does: its payload decoded and encoded anew, and only then the row forgotten.
    fn retry(&self, id: &str) {
        let row = self.ledger.failed(id).expect("a row");
        let payload: Value = serde_json::from_str(&row.payload).unwrap();
        self.world.queue.send(payload.to_string(), None);
    }

    fn of_generation(&self, id: &str, generation: u32, acts: &[Act]) -> String {
        self.send_with(
            id,
            "once",
            acts,
            json!({"hikyaku": {"generation": generation}, "backoff": "40"}),
        )
    }

    /// A job that failed in generation 0.
    fn failed(acts: &[Act]) -> Self {
        let mut scene = Self::new();
        scene.send_with("a", "once", acts, json!({"maxTries": 1}));
        scene.run();
        assert_eq!(scene.outcomes("a"), [Buried]);
        scene
    }

    fn state(&self, id: &str) -> State {
        self.ledger.record(id).unwrap().state
    }

    fn last(&self, id: &str) -> Outcome {
        *self.outcomes(id).last().unwrap()
    }
}

#[test]
fn absent_equal_and_greater_are_claimed() {
    for generation in [0, 3] {
        let mut scene = Scene::new();
        scene.of_generation("a", generation, &[Ok]);
        scene.run();
        assert_eq!(scene.outcomes("a"), [Done]);
        assert_eq!(scene.ledger.record("a").unwrap().generation, generation);
    }
}

#[test]
fn pending_equal_is_claimed_and_smaller_is_acknowledged_and_greater_is_buried() {
    let mut scene = Scene::new();
    scene.of_generation("a", 1, &[Error, Ok]);
    scene.run_to(1);
    assert_eq!(scene.state("a"), State::Pending);
    scene.of_generation("a", 0, &[Ok]);
    scene.run_to(2);
    assert_eq!(scene.last("a"), Stale);
    scene.of_generation("a", 2, &[Ok]);
    scene.run_to(25);
    assert!(scene.outcomes("a").contains(&Buried));
    assert!(
        scene
            .ledger
            .failed("a")
            .unwrap()
            .exception
            .contains("generation 2")
    );
    scene.of_generation("a", 1, &[Ok]);
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.state("a"), State::Done);
}

#[test]
fn an_expired_lease_is_like_pending_and_spends_the_try_of_the_crash() {
    let mut scene = Scene::new();
    scene.of_generation("a", 1, &[Sleep(30), Ok]);
    scene.crash_at(10);
    scene.run_to(80);
    scene.of_generation("a", 0, &[Ok]);
    scene.run_to(81);
    assert_eq!(scene.last("a"), Stale);
    scene.of_generation("a", 1, &[Ok]);
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.starts("a")[1].attempt, 2);
}

#[test]
fn while_it_runs_equal_and_greater_wait_and_smaller_is_acknowledged() {
    for (generation, outcome) in [(0, Stale), (1, Held), (2, Held)] {
        let mut scene = Scene::new();
        scene.of_generation("a", 1, &[Sleep(30)]);
        scene.run_to(1);
        scene.of_generation("a", generation, &[Ok]);
        scene.run_to(2);
        assert_eq!(scene.outcomes("a"), [outcome]);
        assert_eq!(
            scene.world.queue.messages().len(),
            if outcome == Stale { 1 } else { 2 }
        );
        scene.run();
        assert_eq!(scene.starts("a").len(), 1);
        assert_eq!(
            scene.last("a"),
            if outcome == Stale { Done } else { DoneBefore }
        );
    }
}

#[test]
fn done_acknowledges_every_generation() {
    for generation in 0..3 {
        let mut scene = Scene::new();
        scene.of_generation("a", 1, &[Ok]);
        scene.run();
        scene.of_generation("a", generation, &[Ok]);
        scene.run();
        assert_eq!(scene.outcomes("a"), [Done, DoneBefore]);
    }
}

#[test]
fn failed_acknowledges_equal_and_smaller_and_runs_greater() {
    for (generation, outcome) in [(0, Stale), (1, FailedBefore), (2, Done), (5, Done)] {
        let mut scene = Scene::new();
        scene.of_generation("a", 1, &[Fail, Ok]);
        scene.run();
        scene.run_to(100);
        scene.of_generation("a", generation, &[Ok]);
        scene.run();
        assert_eq!(scene.last("a"), outcome, "generation {generation}");
    }
}

#[test]
fn a_failed_job_that_artisan_sends_again_runs_again() {
    let mut scene = Scene::failed(&[Error, Ok]);
    scene.retry("a");
    scene.ledger.forget("a");
    scene.run();
    assert_eq!(scene.outcomes("a"), [Buried, Done]);
    let told: Vec<_> = scene
        .starts("a")
        .iter()
        .map(|start| (start.attempt, start.token))
        .collect();
    assert_eq!(told, [(1, 1), (1, 2)]);
    assert_eq!(scene.ledger.record("a").unwrap().generation, 1);
}

#[test]
fn sending_it_twice_runs_it_once() {
    let mut scene = Scene::failed(&[Error, Ok]);
    scene.retry("a");
    scene.retry("a");
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.state("a"), State::Done);
}

#[test]
fn it_can_fail_and_be_sent_again_any_number_of_times() {
    let mut scene = Scene::failed(&[Error]);
    for generation in 1..5 {
        scene.retry("a");
        scene.ledger.forget("a");
        scene.run();
        assert_eq!(scene.ledger.record("a").unwrap().generation, generation);
        assert!(scene.ledger.failed("a").is_some());
    }
    assert_eq!(scene.starts("a").len(), 5);
}

/// Sends a buried message again, forgets its row nine seconds afterwards as artisan might, and sees that it is
/// buried once more, in a row that lasts.
#[track_caller]
fn its_second_row_outlives_the_forgetting_of_the_first(mut scene: Scene, id: &str) {
    scene.run();
    scene.retry(id);
    let late = scene.whole_seconds() + 9;
    scene.run_to(late);
    scene.ledger.forget(id);
    scene.run();
    assert!(scene.ledger.failed(id).is_some(), "the row is lost");
    assert!(scene.world.queue.dead().is_empty());
}

#[test]
fn a_job_that_fails_again_at_once_keeps_its_row() {
    for job in [
        "once",
        "at-most-once",
        "at-least-once",
        "long",
        "long-at-least-once",
    ] {
        for act in [Fail, Error] {
            let scene = Scene::new();
            scene.send_with("a", job, &[act], json!({"maxTries": 1}));
            its_second_row_outlives_the_forgetting_of_the_first(scene, "a");
        }
    }
}

#[test]
fn so_does_one_whose_function_has_no_time_to_wait() {
    for more in [
        json!({"maxTries": 1}),
        json!({"maxTries": 0}),
        json!({"retryUntil": 4_000_000_000_u64}),
    ] {
        let scene = Scene::with(Settings {
            timeout: second(5),
            ..Settings::default()
        });
        scene.send_with("a", "once", &[Fail], more.clone());
        let stage = std::sync::Arc::clone(&scene.stage);
        its_second_row_outlives_the_forgetting_of_the_first(scene, "a");
        assert_eq!(
            stage.starts_of("a").len(),
            2,
            "it said never, and ran again: {more}"
        );
    }
}

#[test]
fn so_does_a_message_that_still_is_no_job_of_ours() {
    for time in [900, 5] {
        let settings = Settings {
            timeout: second(time),
            ..Settings::default()
        };
        let scene = Scene::with(settings);
        scene.send("a", "nobody", &[Ok]);
        its_second_row_outlives_the_forgetting_of_the_first(scene, "a");
        let scene = Scene::with(settings);
        let id = scene.world.queue.send("not json", None);
        its_second_row_outlives_the_forgetting_of_the_first(scene, &id);
    }
}

#[test]
fn so_does_a_job_that_was_unknown_until_it_was_sent_again() {
    let scene = Scene::new();
    let mut first: Value = serde_json::from_str(&body("a", "once", &[Fail], json!({}))).unwrap();
    first["hikyaku"] = json!({"generation": 1});
    let row = hikyaku_core::FailedJob {
        id: "a".to_owned(),
        job: "once".to_owned(),
        group: None,
        sent: None,
        queue: "sim".to_owned(),
        payload: first.to_string(),
        body: None,
        exception: String::new(),
        trace: None,
        failed_at: scene.start,
    };
    assert!(hikyaku_core::testing::block_on(scene.ledger.bury(&row, Place::OfItsJob)).is_ok());
    its_second_row_outlives_the_forgetting_of_the_first(scene, "a");
}

#[test]
fn its_failure_is_recorded_at_once_and_keeps_no_invocation() {
    for job in ["once", "at-most-once", "at-least-once", "long", "nobody"] {
        let mut scene = Scene::new();
        scene.send_with("a", job, &[Fail], json!({"maxTries": 1}));
        scene.run();
        scene.retry("a");
        let now = scene.whole_seconds();
        scene.run_to(now + 1);
        let row = scene.ledger.failed("a").unwrap();
        assert!(row.payload.contains(r#""generation":2"#), "{job}");
        assert!(scene.world.serving().is_empty(), "{job}");
        assert_eq!(scene.last("a"), Buried, "{job}");
        scene.run();
        assert_eq!(scene.last("a"), FailedBefore, "{job}");
        assert_eq!(scene.whole_seconds(), now + 20, "{job}");
        let failures = scene.outcomes("a");
        let failures = failures.iter().filter(|outcome| **outcome == Buried);
        assert_eq!(failures.count(), 2, "{job}: each failure counts once");
    }
}

#[test]
fn the_row_that_was_forgotten_with_the_one_before_says_what_failed_and_runs() {
    for job in ["once", "at-least-once", "long-at-least-once"] {
        let mut scene = Scene::new();
        scene.send_with("a", job, &[Fail, Fail, Ok], json!({"maxTries": 1}));
        scene.run();
        scene.retry("a");
        let now = scene.whole_seconds();
        scene.run_to(now + 2);
        scene.ledger.forget("a").expect("its second row");
        scene.run();
        let row = scene.ledger.failed("a").expect("its second row again");
        for part in ["never", job, "right after it was sent again"] {
            assert!(row.exception.contains(part), "{}", row.exception);
        }
        assert_eq!(scene.starts("a").len(), 2, "{job}");
        scene.retry("a");
        scene.ledger.forget("a");
        scene.run();
        assert_eq!(scene.last("a"), Done, "{job}");
        assert_eq!(scene.starts("a").len(), 3, "{job}");
        assert!(scene.ledger.failed("a").is_none(), "{job}");
    }
}

#[test]
fn a_job_that_keeps_no_ledger_keeps_one_when_it_is_sent_again_and_runs_once() {
    let mut scene = Scene::new();
    scene.send_with("a", "at-least-once", &[Fail, Ok], json!({"maxTries": 1}));
    scene.run();
    assert!(scene.ledger.record("a").is_none());
    scene.retry("a");
    let again = scene.world.queue.messages()[0].clone();
    scene.world.queue.duplicate(&again);
    scene.run();
    scene.world.queue.duplicate(&again);
    scene.run();
    assert_eq!(scene.starts("a").len(), 2);
    assert_eq!(scene.state("a"), State::Done);
}

#[test]
fn what_failed_later_than_artisan_takes_is_not_listed_again_when_it_was_forgotten() {
    let mut scene = Scene::new();
    scene.send_with(
        "a",
        "once",
        &[Fail, Sleep(21), Fail],
        json!({"maxTries": 1, "backoff": "1"}),
    );
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    let payload: Value = serde_json::from_str(&scene.ledger.failed("a").unwrap().payload).unwrap();
    let mut slow = payload.clone();
    slow["data"]["acts"] = json!(["fail", "panic"]);
    slow["backoff"] = json!("25");
    slow["maxTries"] = json!(2);
    scene.world.queue.send(slow.to_string(), None);
    scene.ledger.forget("a");
    let again = scene.world.queue.messages()[0].clone();
    scene.run();
    assert_eq!(scene.state("a"), State::Failed);
    scene.ledger.forget("a").expect("its row");
    for copy in [first, again] {
        scene.world.queue.duplicate(&copy);
        scene.run();
    }
    assert!(
        scene.ledger.failed("a").is_none(),
        "somebody forgot it on purpose"
    );
}

#[test]
fn a_thousand_broken_jobs_sent_again_hold_up_a_hundred_fresh_ones_by_seconds() {
    let mut scene = Scene::with(Settings {
        batch_size: 1,
        concurrency: 5,
        timeout: second(60),
        ..Settings::default()
    });
    let broken: Vec<_> = (0..1000).map(|number| format!("broken-{number}")).collect();
    for id in &broken {
        scene.send_with(id, "once", &[Fail], json!({"maxTries": 1}));
    }
    scene.run();
    for id in &broken {
        scene.retry(id);
    }
    let sent = scene.world.clock.now();
    for number in 0..100 {
        scene.send(&format!("fresh-{number}"), "once", &[Ok]);
    }
    scene.run();
    for number in 0..100 {
        let starts = scene.starts(&format!("fresh-{number}"));
        assert!(sent.until(starts[0].at) <= second(5), "{number}");
    }
    assert!(broken.iter().all(|id| scene.starts(id).len() == 2));
}

#[test]
fn its_row_lasts_although_its_clock_jumps_while_it_runs() {
    let mut scene = Scene::failed(&[Fail]);
    let set = |scene: &Scene, ahead, behind| {
        let process = scene.world.ended[0].process;
        scene
            .world
            .set_clock(process, second(ahead), second(behind));
    };
    scene.retry("a");
    set(&scene, 0, 4);
    let ledger = std::sync::Arc::clone(&scene.ledger);
    scene
        .world
        .run_while(|_| ledger.record("a").unwrap().state != State::Running);
    set(&scene, 4, 0);
    let late = scene.whole_seconds() + 9;
    scene.run_to(late);
    scene.ledger.forget("a");
    scene.run();
    assert!(scene.ledger.failed("a").is_some(), "the row is lost");
}

#[test]
fn a_late_copy_of_the_first_message_does_not_revive_it() {
    for acts in [&[Error, Ok], &[Error, Error]] {
        let mut scene = Scene::new();
        scene.send_with("a", "once", acts, json!({"maxTries": 1}));
        let first = scene.world.queue.messages()[0].clone();
        scene.run();
        scene.world.queue.duplicate(&first);
        scene.run();
        assert_eq!(scene.last("a"), FailedBefore);
        scene.retry("a");
        scene.run();
        scene.world.queue.duplicate(&first);
        scene.run();
        assert_eq!(scene.starts("a").len(), 2);
        assert!([Stale, DoneBefore].contains(&scene.last("a")));
    }
}

#[test]
fn a_late_copy_of_a_finished_job_does_not_revive_it() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Error, Ok]);
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    for _ in 0..3 {
        scene.world.queue.duplicate(&first);
    }
    scene.run();
    assert_eq!(scene.outcomes("a")[..2], [Released, Done]);
    assert!(
        scene.outcomes("a")[2..]
            .iter()
            .all(|outcome| *outcome == DoneBefore)
    );
}

#[test]
fn a_record_that_is_forgotten_stands_in_nobodys_way() {
    let mut scene = Scene::new();
    let request = ClaimRequest {
        id: "a".to_owned(),
        job: "once".to_owned(),
        message: "m".to_owned(),
        generation: 7,
        owner: 1,
        now: Timestamp::from_millis(0),
        due: Timestamp::from_millis(0),
        lease: Timestamp::from_millis(1),
        expires: Timestamp::from_millis(2),
        alone: false,
        side: None,
    };
    assert!(hikyaku_core::testing::block_on(scene.ledger.claim(&request)).is_ok());
    scene.network.then("replace", Throttled);
    scene.send("a", "once", &[Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Done]);
    assert_eq!(scene.starts("a")[0].token, 2);
}
