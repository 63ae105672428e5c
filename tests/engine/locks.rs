//! The locks of unique jobs: taken at dispatch, given up by the worker.

use hikyaku_core::testing::Fate::{AnswerLost, Throttled};
use hikyaku_core::{Outcome, Timestamp};
use serde_json::json;

use super::Scene;
use super::application::PREFIX;
use super::echo::Act::{Error, Fail, Ok as Done, Panic, Sleep};
use super::php::{Command, fixture, step, uuid};

const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// The application's lock on a unique job.
struct Held {
    key: String,
    value: String,
}

impl Held {
    fn by(scene: &Scene, key: String, owner: &str) -> Self {
        let value = hikyaku_laravel::cache::serialized(owner);
        scene.ledger.put(&key, &value, NEVER);
        Self { key, value }
    }

    fn lasts(&self, scene: &Scene) -> bool {
        scene.ledger.cached(&self.key).as_ref() == Some(&self.value)
    }
}

/// A unique job of Laravel 13 as it was sent, in a store that is within reach.
fn unique_body(name: &str) -> String {
    fixture(name).replace("s:5:\\\"array\\\"", "s:8:\\\"dynamodb\\\"")
}

const KEY: &str = "laravel_unique_job:App\\Jobs\\UniqueJob:77";
const OWNER: &str = "JGyKD1XJlRlFyw9D";

fn unique(acts: &[super::echo::Act]) -> (Scene, Held, String) {
    let scene = Scene::laravel();
    let held = Held::by(&scene, format!("{PREFIX}{KEY}"), OWNER);
    scene.stage.script(77, acts);
    let body = unique_body("v13/unique");
    scene.receive(body.clone());
    (scene, held, uuid(&body))
}

#[test]
fn a_unique_job_gives_its_lock_up_when_it_is_done_or_has_failed() {
    for acts in [[Done], [Fail]] {
        let (mut scene, held, id) = unique(&acts);
        scene.run();
        assert!(!held.lasts(&scene), "{:?}", scene.outcomes(&id));
        assert_eq!(scene.stage.steps(), [77]);
    }
}

#[test]
fn it_keeps_its_lock_while_it_runs_and_waits_for_its_next_try() {
    let (mut scene, held, id) = unique(&[Error, Panic, Sleep(30)]);
    scene.run_to(5);
    assert_eq!(scene.outcomes(&id), [Outcome::Released]);
    assert!(held.lasts(&scene));
    scene.run_to(90);
    assert!(held.lasts(&scene));
    scene.run();
    assert_eq!(scene.stage.steps().len(), 3);
    assert!(!held.lasts(&scene));
}

#[test]
fn it_leaves_the_lock_of_another_dispatch_alone() {
    let (mut scene, _, _) = unique(&[Done]);
    let other = Held::by(&scene, format!("{PREFIX}{KEY}"), "somebodyElse");
    scene.run();
    assert!(other.lasts(&scene));
}

#[test]
fn a_copy_of_its_message_leaves_the_lock_of_the_next_dispatch_alone() {
    let (mut scene, _, _) = unique(&[Done]);
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    let next = Held::by(&scene, format!("{PREFIX}{KEY}"), "nextOwner");
    scene.world.queue.duplicate(&first);
    scene.run();
    assert!(next.lasts(&scene));
}

#[test]
fn a_lost_answer_leaves_the_lock_of_the_next_dispatch_alone() {
    for fate in [AnswerLost, Throttled] {
        let (mut scene, held, id) = unique(&[Done]);
        scene.network.then("complete", fate);
        scene.run();
        assert_eq!(scene.outcomes(&id), [Outcome::Done]);
        assert!(!held.lasts(&scene));
    }
}

#[test]
fn until_processing_the_lock_ends_when_the_job_begins() {
    let mut scene = Scene::laravel();
    let key = format!("{PREFIX}laravel_unique_job:App\\Jobs\\UniqueUntil:fixed");
    let held = Held::by(&scene, key, "lFhB0wyH6UobAPKn");
    scene.stage.script(0, &[Sleep(30)]);
    scene.receive(unique_body("v13/unique_until_processing"));
    scene.run_to(1);
    assert_eq!(scene.stage.steps(), [0]);
    assert!(!held.lasts(&scene));
    let next = Held::by(&scene, held.key.clone(), "nextOwner");
    scene.run();
    assert!(next.lasts(&scene));
}

#[test]
fn every_key_that_an_old_laravel_may_have_used_is_given_up() {
    for version in ["v8", "v10"] {
        for name in ["laravel_unique_job:App\\Jobs\\UniqueJob77", KEY] {
            for key in [
                format!("{PREFIX}:{PREFIX}:{name}"),
                format!("{PREFIX}{PREFIX}{name}"),
                format!("{PREFIX}{name}"),
            ] {
                let mut scene = Scene::laravel();
                let held = Held::by(&scene, key, "anybody");
                let other = Held::by(&scene, format!("{PREFIX}{KEY}8"), "anybody");
                scene.receive(fixture(&format!("{version}/unique")));
                scene.run();
                assert!(!held.lasts(&scene), "{version} {}", held.key);
                assert!(other.lasts(&scene));
            }
        }
    }
}

#[test]
fn php_releases_a_lock_in_another_store() {
    for (acts, event) in [([Done], "done"), ([Fail], "failed")] {
        let mut scene = Scene::laravel();
        scene.stage.script(77, &acts);
        let body = fixture("v13/unique");
        scene.receive(body.clone());
        scene.run();
        let asked = scene.questions();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0]["event"], event);
        assert_eq!(asked[0]["tasks"], json!(["unique"]));
        assert_eq!(asked[0]["body"], body.as_str());
    }
}

#[test]
fn php_releases_a_lock_in_another_store_before_the_job_runs_if_it_is_unique_until_then() {
    let mut scene = Scene::laravel();
    scene.stage.script(0, &[Error, Sleep(30)]);
    scene.receive(fixture("v13/unique_until_processing"));
    scene.run_to(1);
    let asked = scene.questions();
    assert_eq!(asked[0]["event"], "started");
    assert_eq!(asked[0]["tasks"], json!(["unique"]));
    scene.run();
    let asked = scene.questions();
    assert!(
        asked
            .iter()
            .all(|question| question["id"] == asked[0]["id"])
    );
}

#[test]
fn a_unique_job_whose_lock_nobody_would_release_does_not_run() {
    let mut scene = Scene::laravel_with(|laravel| laravel.relay = None);
    let body = fixture("v13/unique");
    scene.receive(body.clone());
    scene.run();
    assert!(scene.stage.steps().is_empty());
    let why = scene.row(&uuid(&body)).exception;
    for word in ["`array`", "HIKYAKU_CACHE_TABLE", "HIKYAKU_RELAY_QUEUE_URL"] {
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn a_unique_job_whose_id_nobody_says_does_not_run() {
    let mut scene = Scene::laravel();
    scene.receive(step(1).with("uniqueLockOwner", "owner").body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    let why = scene.row("a").exception;
    assert!(why.contains("unique_id"), "{why}");
}

#[test]
fn the_class_says_the_id_where_the_message_says_only_the_owner() {
    let mut scene = Scene::laravel();
    let key = format!("{PREFIX}laravel_unique_job:App\\Jobs\\UniqueJob:5");
    let held = Held::by(&scene, key, "owner");
    let command = Command::of("App\\Jobs\\UniqueJob").with("productId", 5_i64);
    scene.receive(command.with("uniqueLockOwner", "owner").body("a"));
    scene.run();
    assert_eq!(scene.stage.steps(), [5]);
    assert!(!held.lasts(&scene));
}

#[test]
fn the_lock_ends_together_with_the_job_and_not_before() {
    let (mut scene, held, _) = unique(&[Done]);
    scene.network.times(1000, "complete", Throttled);
    scene.run_to(60);
    assert_eq!(scene.stage.steps(), [77]);
    assert!(held.lasts(&scene));
}

#[test]
fn a_job_whose_tries_a_crash_has_spent_gives_its_lock_up() {
    let (mut scene, held, id) = unique(&[Sleep(30)]);
    for _ in 0..3 {
        scene.crash_when(|world| {
            !world.serving().is_empty() && world.scheduler.runnable().is_empty()
        });
        assert!(held.lasts(&scene));
    }
    scene.run();
    assert_eq!(scene.outcomes(&id), [Outcome::Buried]);
    assert!(!held.lasts(&scene));
}
