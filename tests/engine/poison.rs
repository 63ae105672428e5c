//! Jobs that take their process down: they alone are buried for it.

use std::sync::Arc;

use hikyaku_core::State;
use hikyaku_core::testing::{Settings, World};
use serde_json::json;

use super::echo::Act::{self, Error, Kill, Ok as Done, Sleep};
use super::{Scene, body};

impl Scene {
    /// The tries as each start of a job counted them.
    fn attempts(&self, id: &str) -> Vec<u32> {
        let starts = self.starts(id);
        starts.iter().map(|start| start.attempt).collect()
    }

    /// It is done, and no death of another's making was counted against it.
    #[track_caller]
    fn lost_no_try(&self, id: &str) {
        let record = self.ledger.record(id).unwrap();
        assert_eq!((record.state, record.tries_spent), (State::Done, 1), "{id}");
        assert!(self.ledger.failed(id).is_none(), "{id}");
        assert!(self.attempts(id).iter().all(|attempt| *attempt == 1));
    }

    /// It was buried because every attempt of it died.
    #[track_caller]
    fn died_of_itself(&self, id: &str, tries: u32) {
        let row = self.ledger.failed(id).unwrap();
        let killed = "every attempt ended without a report: its process was killed";
        assert!(row.exception.contains(killed), "{}", row.exception);
        let count = format!("try {tries} of {tries}: its tries are spent");
        assert!(row.exception.contains(&count), "{}", row.exception);
        assert_eq!(self.ledger.record(id).unwrap().state, State::Failed);
    }

    fn send_in(&self, group: &str, id: &str, acts: &[Act]) {
        let body = body(id, "once", acts, json!({"maxTries": 2}));
        self.world.queue.send(body, Some(group));
    }
}

fn neighbours(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("n{number}")).collect()
}

#[test]
fn of_ten_in_a_batch_the_one_that_kills_its_process_is_buried_and_no_neighbour_loses_a_try() {
    for place in [0, 4, 9] {
        let mut scene = Scene::new();
        for (index, neighbour) in neighbours(9).iter().enumerate() {
            if index == place {
                scene.send_with("poison", "once", &[Kill], json!({"maxTries": 3}));
            }
            scene.send_with(neighbour, "once", &[Sleep(10)], json!({"maxTries": 1}));
        }
        if place == 9 {
            scene.send_with("poison", "once", &[Kill], json!({"maxTries": 3}));
        }
        scene.run_dying();
        scene.died_of_itself("poison", 3);
        // Once beside the others, which proves nothing, and then its three tries alone.
        assert_eq!(scene.attempts("poison"), [1, 1, 2, 3], "at {place}");
        for neighbour in neighbours(9) {
            scene.lost_no_try(&neighbour);
        }
        assert_eq!(scene.ledger.all_failed().len(), 1);
        assert!(scene.world.queue.dead().is_empty());
    }
}

#[test]
fn what_is_proven_to_kill_runs_after_what_may_be_innocent() {
    let mut scene = Scene::with(Settings {
        batch_size: 4,
        ..Settings::default()
    });
    scene.send_with("poison", "once", &[Kill], json!({"maxTries": 2}));
    for neighbour in neighbours(3) {
        scene.send_with(&neighbour, "once", &[Sleep(10)], json!({"maxTries": 1}));
    }
    scene.run_dying();
    // All died at once; then the poison, first in its batch, died alone before its neighbours' turn; then they came first.
    let poison = scene.times("poison");
    assert_eq!(poison.len(), 3);
    for neighbour in neighbours(3) {
        scene.lost_no_try(&neighbour);
        let [_, again] = scene.times(&neighbour)[..] else {
            panic!("{neighbour} at {:?}", scene.times(&neighbour));
        };
        assert!(poison[1] < again && again < poison[2], "{neighbour}");
    }
}

#[test]
fn two_poisons_in_one_batch_are_buried_and_their_neighbour_runs() {
    let mut scene = Scene::new();
    scene.send_with("p", "once", &[Kill], json!({"maxTries": 2}));
    scene.send_with("n", "once", &[Sleep(10)], json!({"maxTries": 1}));
    scene.send_with("q", "once", &[Kill], json!({"maxTries": 2}));
    scene.run_dying();
    scene.died_of_itself("p", 2);
    scene.died_of_itself("q", 2);
    scene.lost_no_try("n");
}

#[test]
fn what_has_a_process_for_itself_counts_its_first_death() {
    let mut scene = Scene::with(Settings {
        batch_size: 1,
        ..Settings::default()
    });
    scene.send_with("poison", "once", &[Kill], json!({"maxTries": 2}));
    scene.send_with("n", "once", &[Sleep(10)], json!({"maxTries": 1}));
    scene.run_dying();
    scene.died_of_itself("poison", 2);
    assert_eq!(scene.attempts("poison"), [1, 2]);
    assert_eq!(scene.starts("n").len(), 1);
}

#[test]
fn a_single_message_of_a_large_batch_size_counts_its_first_death_too() {
    let mut scene = Scene::new();
    scene.send_with("poison", "once", &[Kill], json!({"maxTries": 1}));
    scene.run_dying();
    assert_eq!(scene.attempts("poison"), [1]);
    scene.died_of_itself("poison", 1);
}

#[test]
fn a_death_in_company_keeps_the_try_and_an_error_after_it_spends_one() {
    let mut scene = Scene::new();
    let more = json!({"maxTries": 2, "backoff": "5"});
    scene.send_with("a", "once", &[Kill, Error, Done], more);
    scene.send("n", "once", &[Sleep(10)]);
    scene.run_dying();
    assert_eq!(scene.attempts("a"), [1, 1, 2]);
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Done);
}

#[test]
fn what_may_run_only_once_is_not_run_again_because_a_neighbour_took_its_process_down() {
    let mut scene = Scene::new();
    scene.send_with("poison", "once", &[Kill], json!({"maxTries": 2}));
    scene.send("careful", "at-most-once", &[Sleep(10)]);
    scene.run_dying();
    assert_eq!(scene.starts("careful").len(), 1);
    assert_eq!(scene.ledger.record("careful").unwrap().state, State::Failed);
    let row = scene.ledger.failed("careful").unwrap();
    assert!(
        row.exception.contains("outcome unknown"),
        "{}",
        row.exception
    );
}

#[test]
fn a_group_keeps_its_order_when_one_of_it_is_suspect() {
    let mut scene = Scene::new();
    scene.send_in("g", "g1", &[Sleep(5)]);
    scene.send_in("g", "g2", &[Kill, Kill, Done]);
    scene.send_in("g", "g3", &[Done]);
    scene.send_in("h", "h1", &[Sleep(30)]);
    scene.send_in("h", "h2", &[Done]);
    scene.run_dying();
    let starts = scene.stage.starts.lock().unwrap().clone();
    let of = |group: char| -> Vec<_> {
        let starts = starts.iter().filter(|start| start.id.starts_with(group));
        starts.map(|start| start.id.as_str()).collect()
    };
    assert_eq!(of('g'), ["g1", "g2", "g2", "g2", "g3"]);
    // Beside `g2` it died once; then it was through before `g2` had its turn, or after it.
    assert_eq!(of('h').last(), Some(&"h2"));
    for id in ["g1", "g3", "h1", "h2"] {
        scene.lost_no_try(id);
    }
    assert_eq!(scene.attempts("g2"), [1, 1, 2]);
}

#[test]
fn a_group_whose_suspect_is_buried_goes_on_behind_it() {
    let mut scene = Scene::new();
    scene.send_in("g", "g1", &[Kill]);
    scene.send_in("g", "g2", &[Done]);
    scene.send_in("h", "h1", &[Sleep(5)]);
    scene.run_dying();
    scene.died_of_itself("g1", 2);
    let buried = scene.ledger.failed("g1").unwrap().failed_at;
    assert!(scene.starts("g2").iter().all(|start| start.at >= buried));
    scene.lost_no_try("g2");
    scene.lost_no_try("h1");
}

#[test]
fn a_group_that_has_the_process_for_itself_counts_a_death_at_once() {
    let mut scene = Scene::new();
    scene.send_in("g", "g1", &[Kill]);
    scene.send_in("g", "g2", &[Done]);
    scene.run_dying();
    assert_eq!(scene.attempts("g1"), [1, 2]);
    scene.died_of_itself("g1", 2);
    scene.lost_no_try("g2");
}

/// Lets the message be received so many times without anybody beginning with it: its invocations are throttled, or it is
/// taken in advance and waits behind others until it is visible again.
fn receive_in_vain(scene: &Scene, times: usize) {
    for _ in 0..times {
        let visible = scene.world.queue.next_visible().unwrap();
        scene.world.clock.advance_to(visible);
        assert_eq!(scene.world.queue.receive(1).len(), 1);
    }
}

#[test]
fn receives_that_were_throttled_or_taken_in_advance_spend_no_try() {
    for job in ["once", "long", "at-most-once"] {
        let mut scene = Scene::new();
        scene.send_with("a", job, &[Done], json!({"maxTries": 1}));
        receive_in_vain(&scene, 20);
        scene.run();
        assert_eq!(scene.attempts("a"), [1], "{job}");
        let record = scene.ledger.record("a").unwrap();
        assert_eq!((record.state, record.tries_spent), (State::Done, 1));
    }
}

#[test]
fn receives_in_vain_between_two_tries_spend_none_either() {
    let mut scene = Scene::new();
    let more = json!({"maxTries": 3, "backoff": "5"});
    scene.send_with("a", "once", &[Error], more);
    for tries in 1..3 {
        let stage = Arc::clone(&scene.stage);
        let begun = |_: &World<_>| stage.starts_of("a").len() < tries;
        assert!(scene.world.run_while(begun));
        // It ends, and waits for its next try.
        let now = scene.whole_seconds();
        scene.run_to(now + 1);
        receive_in_vain(&scene, 7);
    }
    scene.run();
    assert_eq!(scene.attempts("a"), [1, 2, 3]);
    let row = scene.ledger.failed("a").unwrap();
    assert!(row.exception.contains("try 3 of 3"), "{}", row.exception);
}

#[test]
fn receives_in_vain_after_a_death_in_company_spend_none_either() {
    let mut scene = Scene::new();
    scene.send_with("poison", "once", &[Kill, Done], json!({"maxTries": 1}));
    scene.send_with("n", "once", &[Sleep(10)], json!({"maxTries": 1}));
    let stage = Arc::clone(&scene.stage);
    let living = |_: &World<_>| stage.dying.lock().unwrap().is_empty();
    assert!(scene.world.run_while(living));
    stage.dying.lock().unwrap().clear();
    scene.crash();
    receive_in_vain(&scene, 14);
    scene.run();
    scene.lost_no_try("poison");
    scene.lost_no_try("n");
}
