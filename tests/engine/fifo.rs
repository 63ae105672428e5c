//! Ordered groups.

use hikyaku_core::Outcome;
use hikyaku_core::testing::Settings;
use serde_json::json;

use super::echo::Act::{self, Error, Fail, Ok, Sleep};
use super::{Scene, body};
use Outcome::{Buried, Done, Postponed, Released};

impl Scene {
    fn send_to(&self, group: &str, id: &str, acts: &[Act]) {
        let more = json!({"backoff": "5", "maxTries": 2});
        self.world
            .queue
            .send(body(id, "once", acts, more), Some(group));
    }

    /// All starts in their order.
    fn order(&self) -> Vec<String> {
        let starts = self.stage.starts.lock().unwrap();
        starts.iter().map(|start| start.id.clone()).collect()
    }
}

#[test]
fn a_group_runs_in_its_order_one_after_the_other() {
    let mut scene = Scene::new();
    for (id, seconds) in [("a", 3), ("b", 2), ("c", 1)] {
        scene.send_to("g", id, &[Sleep(seconds)]);
    }
    scene.run();
    assert_eq!(scene.order(), ["a", "b", "c"]);
    assert_eq!((scene.times("b"), scene.times("c")), (vec![3.0], vec![5.0]));
}

#[test]
fn the_first_failure_holds_back_what_follows_it() {
    let mut scene = Scene::new();
    scene.send_to("g", "a", &[Ok]);
    scene.send_to("g", "b", &[Error, Ok]);
    scene.send_to("g", "c", &[Ok]);
    scene.run();
    assert_eq!(scene.order(), ["a", "b", "b", "c"]);
    assert_eq!(scene.times("c"), [5.0]);
    assert_eq!(scene.outcomes("c").last(), Some(&Done));
    assert_eq!(scene.starts("c")[0].attempt, 1);
}

#[test]
fn the_same_holds_for_one_message_a_batch() {
    let mut scene = Scene::with(Settings {
        batch_size: 1,
        ..Settings::default()
    });
    scene.send_to("g", "a", &[Error, Ok]);
    scene.send_to("g", "b", &[Ok]);
    scene.run();
    assert_eq!(scene.order(), ["a", "a", "b"]);
}

#[test]
fn groups_do_not_wait_for_each_other() {
    let mut scene = Scene::new();
    scene.send_to("g", "a", &[Error, Ok]);
    scene.send_to("h", "b", &[Sleep(1)]);
    scene.send_to("g", "c", &[Ok]);
    scene.send_to("h", "d", &[Ok]);
    scene.run();
    assert_eq!(scene.times("b"), [0.0]);
    assert_eq!(scene.times("d"), [1.0]);
    assert_eq!(scene.outcomes("a"), [Released, Done]);
}

#[test]
fn a_buried_message_lets_its_group_go_on() {
    let mut scene = Scene::new();
    scene.send_to("g", "a", &[Fail]);
    scene.world.queue.send("not a job", Some("g"));
    scene.send_to("g", "b", &[Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Buried]);
    assert_eq!(scene.outcomes("b"), [Done]);
    assert_eq!(scene.times("b"), [0.0]);
}

#[test]
fn what_is_held_back_spends_no_try() {
    let mut scene = Scene::new();
    scene.send_to("g", "a", &[Error, Error]);
    scene.send_to("g", "b", &[Error, Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Buried]);
    let told: Vec<_> = scene
        .starts("b")
        .iter()
        .map(|start| start.attempt)
        .collect();
    assert_eq!(told, [1, 2]);
    let held = scene
        .world
        .reports()
        .iter()
        .filter(|report| report.outcome == Postponed)
        .count();
    assert_eq!(held, 1);
}
