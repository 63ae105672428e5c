//! What a job is told about its attempt.

use serde_json::json;

use hikyaku_core::testing::Fate::Late;

use super::echo::Act::{Error, Ok, Sleep, SpawnBlocking};
use super::{Scene, second};

#[test]
fn attempt_and_token_grow_and_the_effect_key_stays() {
    let mut scene = Scene::new();
    scene.send_with("a", "once", &[Error, Error, Ok], json!({"backoff": "1"}));
    scene.run();
    let starts = scene.starts("a");
    let told: Vec<_> = starts
        .iter()
        .map(|start| (start.attempt, start.token))
        .collect();
    assert_eq!(told, [(1, 1), (2, 2), (3, 3)]);
    assert!(starts.iter().all(|start| start.effect_key == "a:mail"));
}

#[test]
fn the_deadline_is_the_jobs_own_or_what_its_function_leaves() {
    let mut scene = Scene::new();
    scene.send_with("own", "once", &[Ok], json!({"timeout": 20}));
    scene.send_with("cut", "once", &[Ok], json!({"timeout": 5000}));
    scene.run();
    let left = |id| scene.starts(id)[0].at.until(scene.starts(id)[0].deadline);
    assert_eq!(left("own"), second(20));
    assert_eq!(left("cut"), second(895));
}

#[test]
fn a_report_says_when_each_stage_was_over() {
    let mut scene = Scene::new();
    scene.network.then("claim", Late(second(2)));
    scene.network.then("complete", Late(second(3)));
    scene.send("a", "once", &[Sleep(7)]);
    scene.send("b", "nobody", &[Ok]);
    scene.run();
    let stages = scene.reports("a")[0].stages;
    let after = |moment: Option<_>| scene.start.until(moment.unwrap()).as_secs();
    let all = [
        stages.began,
        stages.decoded,
        stages.claimed,
        stages.ran,
        stages.settled,
    ];
    assert_eq!(all.map(after), [0, 0, 2, 9, 12]);
    let stages = scene.reports("b")[0].stages;
    assert_eq!([stages.decoded, stages.claimed, stages.ran], [None; 3]);
    assert!(stages.began <= stages.settled);
}

#[test]
fn the_token_goes_on_after_a_crash() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[Sleep(30)]);
    scene.crash_at(10);
    scene.run();
    let tokens: Vec<_> = scene.starts("a").iter().map(|start| start.token).collect();
    assert_eq!(tokens, [1, 2]);
}

#[test]
fn a_job_without_a_ledger_has_no_token() {
    let mut scene = Scene::new();
    scene.send("a", "at-least-once", &[Ok]);
    scene.run();
    assert_eq!(scene.starts("a")[0].token, 0);
}

#[test]
fn blocking_work_can_ask_whether_to_stop() {
    let mut scene = Scene::new();
    scene.send("a", "once", &[SpawnBlocking]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [hikyaku_core::Outcome::Done]);
}
