//! Long jobs: their leases are prolonged while they run.

use hikyaku_core::Outcome;
use hikyaku_core::testing::Fate::Throttled;
use hikyaku_core::testing::Remains;
use serde_json::json;

use super::echo::Act::{Ok, Sleep};
use super::{Scene, second};
use Outcome::Done;

#[test]
fn a_heartbeat_that_is_fenced_cancels_the_job() {
    let mut scene = Scene::new();
    scene.send("a", "long", &[Sleep(300), Sleep(300)]);
    scene.run_to(10);
    let process = scene.world.serving()[0];
    scene.world.cut(process, Remains::Everything);
    scene.run_to(100);
    assert_eq!(scene.starts("a").len(), 2);
    scene.world.thaw(process);
    scene.run_to(101);
    assert!(scene.starts("a")[0].dropped);
    scene.run();
    assert!(!scene.starts("a")[1].dropped);
    assert_eq!(scene.outcomes("a"), [Done]);
}

#[test]
fn heartbeats_that_fail_until_the_lease_is_over_cancel_the_job() {
    let mut scene = Scene::new();
    scene.network.times(1000, "extend", Throttled);
    scene.send_with("a", "long", &[Sleep(300), Ok], json!({"maxTries": 3}));
    scene.run_to(90);
    let lease = scene.start + second(90);
    assert!(scene.starts("a")[0].dropped, "it runs on without a lease");
    scene.run();
    assert_eq!(scene.times("a").len(), 2);
    assert!(scene.starts("a")[1].at >= lease && scene.times("a")[1] <= 155.0);
    assert_eq!(scene.outcomes("a"), [Outcome::Fenced, Done]);
}

#[test]
fn heartbeats_that_fail_for_a_while_cost_nothing() {
    let mut scene = Scene::new();
    scene.network.times(8, "extend", Throttled);
    scene.send("a", "long", &[Sleep(300)]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Done]);
    assert_eq!(scene.world.queue.receives(), 1);
}

#[test]
fn a_heartbeat_without_an_answer_does_not_keep_the_job_beyond_its_lease() {
    let mut scene = Scene::new();
    scene
        .network
        .times(9, "extend", hikyaku_core::testing::Fate::Late(second(200)));
    scene.send("a", "long", &[Sleep(300), Ok]);
    scene.run_to(91);
    assert!(scene.starts("a")[0].dropped, "it runs on without a lease");
    scene.run();
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
}
