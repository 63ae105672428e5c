//! The messages of an invocation: hidden while it lives, and back soon when it dies.

use hikyaku_core::testing::Fate::{Late, Throttled};
use hikyaku_core::testing::{QueueSettings, Settings};
use hikyaku_core::{Clock as _, Outcome, Worker};
use serde_json::json;

use super::echo::Act::{Error, Ok, Sleep};
use super::{Scene, second};
use Outcome::{Buried, Done};

const JOBS: [&str; 4] = ["once", "at-least-once", "long", "long-at-least-once"];

/// A queue with this visibility timeout and a function with fifteen minutes.
fn queue(visibility: u64) -> Settings {
    Settings {
        queue: QueueSettings {
            visibility: second(visibility),
            ..QueueSettings::default()
        },
        ..Settings::default()
    }
}

/// Kills the process of a job when the world has taken `steps` steps since its message was hidden, and answers when that
/// was and when the job was started again, in seconds. None: the job had ended by then.
fn killed_after(job: &str, steps: usize) -> Option<(f64, f64)> {
    let mut scene = Scene::with(Settings {
        batch_size: 1,
        concurrency: 1,
        ..queue(5400)
    });
    let time = if job.starts_with("long") { 300 } else { 55 };
    scene.send(job, job, &[Sleep(time), Ok]);
    let is_hidden = |scene: &Scene| {
        let messages = scene.world.queue.messages();
        let soon = scene.world.clock.now() + second(92);
        messages.iter().all(|message| message.visible <= soon)
    };
    scene.world.step();
    while !is_hidden(&scene) {
        scene.world.step();
    }
    let mut taken = 0;
    while taken < steps && scene.world.step() {
        taken += 1;
    }
    let killed = scene.seconds();
    if scene.world.drained() {
        return None;
    }
    let before = scene.starts(job).len();
    scene.crash();
    scene.run();
    Some((
        killed,
        scene.times(job).get(before).copied().unwrap_or(killed),
    ))
}

#[test]
fn a_job_killed_at_any_call_runs_again_within_two_minutes() {
    for job in JOBS {
        let (mut steps, mut last) = (0, 0.0);
        while let Some((killed, again)) = killed_after(job, steps) {
            assert!(
                again - killed <= 120.0,
                "{job} killed at {killed} s, run again at {again} s"
            );
            last = killed;
            steps += 1;
        }
        assert!(last >= 55.0 && steps >= 7, "{steps} steps up to {last} s");
    }
}

#[test]
fn a_job_killed_at_any_second_runs_again_within_two_minutes() {
    for (job, time) in JOBS.map(|job| (job, if job.starts_with("long") { 300 } else { 50 })) {
        for killed in 0..time {
            let mut scene = Scene::with(queue(1980));
            scene.send("a", job, &[Sleep(time), Ok]);
            scene.crash_at(killed);
            scene.run();
            let [_, again] = &scene.starts("a")[..] else {
                panic!("{:?}", scene.times("a"))
            };
            let waited = (scene.start + second(killed)).until(again.at);
            assert!(waited <= second(120), "{job} at {killed} s: {waited:?}");
        }
    }
}

#[test]
fn what_waits_for_its_turn_in_a_killed_process_comes_back_as_soon() {
    let mut scene = Scene::with_worker(queue(1980), 1);
    for id in ["a", "b", "c"] {
        scene.send(id, "once", &[Sleep(50), Ok]);
    }
    scene.crash_at(70);
    scene.run();
    let starts = ["a", "b", "c"].map(|id| scene.starts(id).len());
    assert_eq!(starts, [1, 2, 1]);
    let waited = scene.times("c")[0] - 70.0;
    assert!(waited <= 120.0, "{waited}");
}

#[test]
fn what_is_done_does_not_come_back_while_its_neighbour_runs() {
    for job in JOBS {
        let mut scene = Scene::with(queue(120));
        scene.send("short", job, &[Ok]);
        scene.send("long", "long", &[Sleep(590)]);
        scene.run();
        assert_eq!(scene.starts("short").len(), 1, "{job}");
        assert_eq!(scene.world.queue.receives(), 2, "{job}");
    }
}

#[test]
fn nor_what_is_buried_or_waits_for_its_turn() {
    let mut scene = Scene::with_worker(queue(120), 1);
    scene.send_with("failed", "once", &[Error], json!({ "maxTries": 1 }));
    scene.send("long", "long", &[Sleep(500)]);
    scene.send("last", "at-least-once", &[Ok]);
    scene.run();
    assert_eq!(scene.outcomes("failed"), [Buried]);
    assert_eq!(scene.outcomes("last"), [Done]);
    assert_eq!(scene.world.queue.receives(), 3);
}

#[test]
fn what_was_given_back_comes_back_at_its_time_and_not_with_its_neighbours() {
    for job in JOBS {
        let mut scene = Scene::with(queue(5400));
        scene.send_with("a", job, &[Error, Error, Ok], json!({ "backoff": "5,40" }));
        scene.send("long", "long", &[Sleep(590)]);
        scene.run();
        assert_eq!(scene.times("a"), [0.0, 5.0, 45.0], "{job}");
    }
}

#[test]
fn a_queue_that_does_not_answer_delays_no_claim_and_no_retry() {
    for fate in [Late(second(400)), Throttled] {
        let mut scene = Scene::with(queue(5400));
        scene.network.times(3, "change_visibility_batch", fate);
        scene.send_with("a", "once", &[Error, Ok], json!({ "backoff": "20" }));
        scene.run_to(1);
        assert_eq!(scene.times("a"), [0.0]);
        scene.run_to(60);
        let [_, again] = scene.times("a")[..] else {
            panic!("{:?}", scene.times("a"))
        };
        assert!((20.0..=26.0).contains(&again), "{again}");
        scene.run();
    }
}

#[test]
fn it_costs_a_request_for_ten_messages_and_one_more_every_thirty_seconds() {
    for (messages, time, requests) in [
        (1, 10, 1),
        (10, 29, 1),
        (11, 29, 2),
        (10, 100, 4),
        (25, 59, 6),
    ] {
        let mut scene = Scene::with_worker(
            Settings {
                batch_size: 100,
                ..queue(5400)
            },
            100,
        );
        for number in 0..messages {
            scene.send(&format!("j-{number}"), "long-at-least-once", &[Sleep(time)]);
        }
        scene.run();
        let seen = scene.network.count("change_visibility_batch");
        assert_eq!(seen, requests, "{messages} messages, {time} s");
        assert_eq!(scene.network.count("change_visibility"), 0);
    }
}

/// A queue that is known to hide its messages for so long, and a function of so many seconds.
fn told(visibility: u64, timeout: u64) -> Scene {
    let settings = Settings {
        timeout: second(timeout),
        ..queue(visibility)
    };
    let shape = |worker: Worker<_>| worker.visibility(second(visibility));
    Scene::shaped(settings, 10, shape, |_| {
        |_| hikyaku_core::Laravel::default()
    })
}

#[test]
fn nothing_is_asked_where_the_queue_hides_its_messages_for_two_minutes_and_longer_than_its_function_takes()
 {
    let mut scene = told(120, 100);
    scene.send_with(
        "a",
        "once",
        &[Sleep(50), Error, Ok],
        json!({ "backoff": "5" }),
    );
    scene.run();
    assert_eq!(scene.network.count("change_visibility_batch"), 0);

    let mut scene = told(120, 100);
    scene.send("a", "at-least-once", &[Sleep(50), Ok]);
    scene.crash_at(10);
    scene.run();
    assert_eq!(scene.times("a"), [0.0, 120.0]);
}

#[test]
fn it_is_asked_where_that_is_known_not_to_be_so() {
    for (visibility, timeout) in [(120, 300), (121, 100), (1980, 330)] {
        let mut scene = told(visibility, timeout);
        scene.send("a", "once", &[Ok]);
        scene.run();
        let asked = scene.network.count("change_visibility_batch");
        assert_eq!(asked, 1, "{visibility} s for {timeout} s");
    }
}

#[test]
fn a_batch_that_waited_for_its_invocation_is_kept_all_the_same() {
    let mut scene = Scene::with(Settings {
        wait: second(300),
        ..queue(301)
    });
    scene.send("a", "long", &[Sleep(500)]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Done]);
    assert_eq!(scene.world.queue.receives(), 1);
}

#[test]
fn released_jobs_of_a_group_are_not_kept_either() {
    let mut scene = Scene::with(queue(5400));
    for (id, acts) in [("a", vec![Error, Ok]), ("b", vec![Ok])] {
        let body = super::body(id, "once", &acts, json!({ "backoff": "5" }));
        scene.world.queue.send(body, Some("g"));
    }
    scene.send("long", "long", &[Sleep(500)]);
    scene.run();
    assert_eq!(
        (scene.times("a"), scene.times("b")),
        (vec![0.0, 5.0], vec![5.0])
    );
}
