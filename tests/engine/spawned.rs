//! What a job spawned.

use hikyaku_core::Outcome;
use serde_json::json;

use super::echo::Act::{Ok, Spawn, SpawnPanic};
use super::{Scene, second};
use Outcome::{Done, Released};

#[test]
fn a_job_is_settled_only_when_its_tasks_have_ended() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Spawn(30)]);
    scene.run_to(29);
    assert_eq!(scene.starts("a")[0].ended, Some(scene.start));
    assert!(scene.reports("a").is_empty());
    scene.run();
    assert_eq!(scene.outcomes("a"), [Done]);
    assert_eq!(
        *scene.stage.spawned.lock().unwrap(),
        [(scene.start + second(30), true)]
    );
}

#[test]
fn a_task_that_panics_fails_its_job() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[SpawnPanic, Ok], json!({"backoff": "1"}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Done]);
}

#[test]
fn a_task_that_outlives_the_jobs_time_is_stopped_with_it() {
    let mut scene = Scene::new();
    scene.send_with(
        "a",
        "once",
        &[Spawn(500), Ok],
        json!({"timeout": 20, "backoff": "1"}),
    );
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Done]);
    assert_eq!(
        *scene.stage.spawned.lock().unwrap(),
        [(scene.start + second(20), false)]
    );
}
