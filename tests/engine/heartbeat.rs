//! Long jobs.

use hikyaku_core::Outcome;
use hikyaku_core::testing::Fate::Throttled;
use hikyaku_core::testing::{Remains, Settings};
use serde_json::json;

use super::echo::Act::{Ok, Sleep};
use super::{Scene, second};
use Outcome::Done;

/// Kills the process of a long job when the world has taken `steps` steps, and answers when that was and when the job
/// was started again, in seconds. None: the job had ended by then.
fn killed_after(job: &str, steps: usize) -> Option<(f64, f64)> {
    let mut scene = Scene::with(Settings {
        batch_size: 1,
        concurrency: 1,
        ..Settings::default()
    });
    scene.send(job, job, &[Sleep(300), Ok]);
    // The first call asks the queue to bring the message back soon; nothing can help before that.
    let mut taken = 0;
    while scene.network.count("change_visibility") == 0 {
        scene.world.step();
    }
    while taken < steps && scene.world.step() {
        taken += 1;
    }
    let killed = scene.seconds();
    if scene.world.drained() {
        return None;
    }
    let before = scene.starts(job).len();
    for process in scene.world.serving() {
        scene.world.cut(process, Remains::Nothing);
    }
    scene.run();
    Some((
        killed,
        scene.times(job).get(before).copied().unwrap_or(killed),
    ))
}

#[track_caller]
fn runs_again_within_two_minutes(job: &str) {
    let mut steps = 0;
    let mut last = 0.0;
    while let Some((killed, again)) = killed_after(job, steps) {
        assert!(
            again - killed <= 120.0,
            "killed at {killed} s, run again at {again} s"
        );
        last = killed;
        steps += 1;
    }
    assert!(last >= 300.0 && steps > 30, "{steps} steps up to {last} s");
}

#[test]
fn a_long_job_killed_at_any_call_runs_again_within_two_minutes() {
    runs_again_within_two_minutes("long");
}

#[test]
fn so_does_a_long_job_that_keeps_no_ledger() {
    runs_again_within_two_minutes("long-at-least-once");
}

#[test]
fn a_long_job_killed_at_any_second_runs_again_within_two_minutes() {
    for job in ["long", "long-at-least-once"] {
        for second in 0..300_u32 {
            let mut scene = Scene::new();
            scene.send("a", job, &[Sleep(300), Ok]);
            scene.crash_at(second.into());
            scene.run();
            let [_, again] = scene.times("a")[..] else {
                panic!("{:?}", scene.times("a"))
            };
            assert!(
                again - f64::from(second) <= 120.0,
                "{job} at {second} s: {again} s"
            );
        }
    }
}

#[test]
fn a_short_job_leaves_its_message_to_the_queue() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Sleep(50), Ok]);
    scene.crash_at(10);
    scene.run();
    assert_eq!(scene.times("a"), [0.0, 5400.0]);
}

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
    assert!(scene.starts("a")[1].at >= lease && scene.times("a")[1] <= 95.0);
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
