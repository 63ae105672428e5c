//! The middleware `WithoutOverlapping`: jobs of one key do not run beside one another.

use hikyaku_core::testing::Fate::{AnswerLost, Late, Throttled};
use hikyaku_core::testing::{QueueSettings, Settings};
use hikyaku_core::{Outcome, State};
use serde_json::json;

use super::application::PREFIX;
use super::echo::Act::{self, Busy, Error, Fail, Ok as Done, Panic, Sleep};
use super::php::{Command, middleware, step, without_overlapping, without_overlapping_for};
use super::{Scene, second};

/// A job that does not run beside another of its key, and looks again every ten seconds.
fn alone(number: i64) -> Command {
    step(number).through(vec![without_overlapping("key", Some(10))])
}

fn key() -> String {
    format!("{PREFIX}laravel-queue-overlap:App\\Jobs\\Step:key")
}

/// Two jobs of one key, the first of which does this.
fn two(acts: &[Act]) -> Scene {
    quick(acts, |_| {})
}

/// A killed job's message comes back within a minute.
fn quick(
    acts: &[Act],
    change: impl Fn(&mut hikyaku_core::Laravel) + Send + Sync + 'static,
) -> Scene {
    let settings = Settings {
        queue: QueueSettings {
            visibility: second(70),
            ..QueueSettings::default()
        },
        timeout: second(60),
        ..Settings::default()
    };
    let scene = Scene::laravel_in(settings, change);
    scene.stage.script(1, acts);
    let more = json!({"maxTries": 2, "backoff": "5", "timeout": 40});
    scene.receive(alone(1).body_with("a", more.clone()));
    scene.receive(alone(2).body_with("z", more));
    scene
}

/// The second job never runs while the first does.
#[track_caller]
fn never_overlap(scene: &Scene) {
    for one in scene.starts("a") {
        for other in scene.starts("z") {
            let ended = |start: &super::Start| start.ended.unwrap_or(start.at);
            let apart = ended(&one) <= other.at || ended(&other) <= one.at;
            assert!(apart, "{one:?} beside {other:?}");
        }
    }
    assert_eq!(scene.ledger.cached(&key()), None, "the lock is still held");
}

#[test]
fn the_second_waits_as_long_as_it_says_and_spends_no_try() {
    let mut scene = two(&[Sleep(25)]);
    scene.run();
    assert_eq!(scene.times("z"), [30.0]);
    assert_eq!(scene.starts("z")[0].attempt, 1);
    let waits = [Outcome::Overlapping; 3].into_iter();
    assert_eq!(
        scene.outcomes("z"),
        waits.chain([Outcome::Done]).collect::<Vec<_>>()
    );
    never_overlap(&scene);
}

#[test]
fn the_lock_is_given_up_however_the_run_ends() {
    for acts in [
        &[Done][..],
        &[Error, Done],
        &[Panic, Done],
        &[Fail],
        &[Sleep(100), Done],
    ] {
        let mut scene = two(acts);
        scene.run();
        never_overlap(&scene);
        assert_eq!(scene.state_of("z"), Some(State::Done), "{acts:?}");
        assert!(scene.is_settled());
    }
}

#[test]
fn a_job_that_waits_for_its_next_try_holds_up_nobody() {
    let mut scene = two(&[Error, Done]);
    scene.run_to(10);
    assert_eq!(scene.stage.steps(), [1, 1, 2]);
}

#[test]
fn one_that_is_not_released_counts_as_done_and_its_chain_goes_on() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Sleep(30)]);
    let alone = |number| step(number).through(vec![without_overlapping("key", None)]);
    scene.receive(alone(1).body("a"));
    scene.receive(alone(2).followed_by(&[step(3)]).body("z"));
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 3]);
    assert_eq!(scene.outcomes("z"), [Outcome::Skipped]);
    assert_eq!(scene.state_of("z"), Some(State::Done));
}

#[test]
fn other_keys_and_other_classes_run_beside_it() {
    let mut scene = Scene::laravel();
    let hooked = Command::of("App\\Jobs\\Hooked").with("n", 3_i64);
    for (number, command) in [
        (1, alone(1)),
        (
            2,
            step(2).through(vec![without_overlapping("other", Some(10))]),
        ),
        (
            3,
            hooked.through(vec![without_overlapping("key", Some(10))]),
        ),
    ] {
        scene.stage.script(number, &[Sleep(30)]);
        scene.receive(command.body(&format!("job-{number}")));
    }
    scene.run_to(1);
    assert_eq!(scene.stage.steps(), [1, 2, 3]);
}

#[test]
fn a_shared_key_holds_for_all_classes() {
    let mut scene = Scene::laravel();
    let shared = || vec![without_overlapping_for("key", Some(10), None, true)];
    scene.stage.script(1, &[Sleep(25)]);
    scene.receive(step(1).through(shared()).body("a"));
    let hooked = Command::of("App\\Jobs\\Hooked").with("n", 2_i64);
    scene.receive(hooked.through(shared()).body("z"));
    scene.run_to(1);
    assert_eq!(scene.stage.steps(), [1]);
    assert!(
        scene
            .ledger
            .cached(&format!("{PREFIX}laravel-queue-overlap:key"))
            .is_some()
    );
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2]);
}

#[test]
fn a_killed_jobs_lock_is_taken_over_by_its_own_next_attempt_and_by_nobody_else() {
    let mut scene = two(&[Sleep(30), Sleep(20)]);
    scene.crash_at(5);
    let held = scene.ledger.cached(&key());
    assert!(held.is_some());
    scene.run_to(93);
    let starts: Vec<_> = scene
        .starts("a")
        .iter()
        .map(|start| start.attempt)
        .collect();
    // It ran beside another, so that its death need not have been its own doing: the try is not spent.
    assert_eq!(starts, [1, 1], "its next attempt waits for nobody");
    assert_ne!(scene.ledger.cached(&key()), held);
    assert!(scene.starts("z").is_empty());
    scene.run();
    assert_eq!(scene.state_of("z"), Some(State::Done));
    never_overlap(&scene);
}

#[test]
fn a_dead_attempts_late_lock_does_not_take_over_that_of_a_later_attempt() {
    let mut scene = two(&[Sleep(30)]);
    scene.network.then("lock", Late(second(100)));
    scene.crash_at(5);
    scene.run();
    assert_eq!(scene.state_of("a"), Some(State::Done));
    assert!(scene.times("a")[0] < 100.0, "{:?}", scene.times("a"));
    assert!(scene.seconds() > 100.0);
    never_overlap(&scene);
}

#[test]
fn a_killed_job_whose_tries_are_spent_leaves_no_lock() {
    let mut scene = two(&[Sleep(30)]);
    // Beside another, then alone until its tries are spent.
    for moment in [5, 97, 189] {
        scene.crash_at(moment);
    }
    scene.run();
    assert_eq!(scene.state_of("a"), Some(State::Failed));
    never_overlap(&scene);
    assert_eq!(scene.state_of("z"), Some(State::Done));
}

#[test]
fn a_lock_that_has_expired_is_anybodys() {
    let mut scene = Scene::laravel();
    let expiring = |number| {
        step(number).through(vec![without_overlapping_for(
            "key",
            Some(7),
            Some(20),
            false,
        )])
    };
    scene.stage.script(1, &[Sleep(50)]);
    scene.receive(expiring(1).body("a"));
    scene.receive(expiring(2).body("z"));
    scene.run();
    assert_eq!(scene.times("z"), [21.0]);
    assert_eq!(scene.ledger.cached(&key()), None);
}

#[test]
fn the_lock_of_another_job_outlasts_the_end_of_one_whose_lock_had_expired() {
    let mut scene = Scene::laravel();
    let expiring = |number| {
        step(number).through(vec![without_overlapping_for(
            "key",
            Some(7),
            Some(20),
            false,
        )])
    };
    scene.stage.script(1, &[Sleep(30)]);
    scene.stage.script(2, &[Sleep(15)]);
    scene.receive(expiring(1).body("a"));
    scene.receive(expiring(2).body("z"));
    scene.run_to(32);
    assert!(scene.ledger.cached(&key()).is_some());
}

#[test]
fn a_lock_whose_answer_was_lost_is_taken_by_asking_again() {
    for fate in [AnswerLost, Throttled] {
        for operation in ["lock", "unlock"] {
            let mut scene = two(&[Done]);
            scene.network.then(operation, fate);
            scene.run();
            never_overlap(&scene);
            assert_eq!(scene.state_of("z"), Some(State::Done));
        }
    }
}

#[test]
fn a_cache_that_does_not_answer_spends_no_try() {
    let mut scene = two(&[Done]);
    scene.network.times(1000, "lock", Throttled);
    scene.run();
    assert_eq!(scene.outcomes("a")[0], Outcome::Unsettled);
    assert_eq!(scene.starts("a")[0].attempt, 1);
    assert_eq!(scene.state_of("a"), Some(State::Done));
}

#[test]
fn of_several_locks_none_is_kept_when_one_is_taken() {
    let mut scene = Scene::laravel();
    let both = vec![
        without_overlapping("first", Some(10)),
        without_overlapping("key", Some(10)),
    ];
    scene.stage.script(1, &[Sleep(25)]);
    scene.receive(alone(1).body("a"));
    scene.receive(step(2).through(both).body("z"));
    scene.run_to(5);
    let first = format!("{PREFIX}laravel-queue-overlap:App\\Jobs\\Step:first");
    assert_eq!(scene.ledger.cached(&first), None);
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2]);
    assert_eq!(scene.ledger.cached(&first), None);
}

#[test]
fn one_that_waits_for_most_of_a_day_does_not_go_to_the_dead_letters() {
    for release_after in [0, 10] {
        let mut scene = Scene::laravel();
        let value = hikyaku_laravel::cache::serialized("php");
        let day = scene.start + second(20 * 3600);
        scene.ledger.put(&key(), &value, day);
        let waiting = step(1).through(vec![without_overlapping("key", Some(release_after))]);
        scene.receive(waiting.body_with("a", json!({"maxTries": 1})));
        scene.run();
        assert!(scene.world.queue.dead().is_empty());
        assert_eq!(scene.stage.steps(), [1]);
        assert_eq!(scene.starts("a")[0].attempt, 1);
    }
}

#[test]
fn a_job_of_an_old_laravel_keeps_to_all_of_its_locks() {
    let name = "laravel-queue-overlap:App\\Jobs\\Step:key";
    for taken in [
        format!("{PREFIX}:{PREFIX}:{name}"),
        format!("{PREFIX}{PREFIX}{name}"),
        format!("{PREFIX}{name}"),
    ] {
        let mut scene = Scene::laravel();
        let value = hikyaku_laravel::cache::serialized("php");
        scene.ledger.put(&taken, &value, scene.start + second(100));
        scene.receive(alone(1).old_body("a"));
        scene.run();
        assert!(
            scene.times("a")[0] >= 100.0,
            "{taken}: {:?}",
            scene.times("a")
        );
    }
}

#[test]
fn without_the_cache_it_does_not_run() {
    let mut scene = quick(&[Done], |laravel| laravel.cache = None);
    scene.run();
    assert!(scene.stage.steps().is_empty());
    assert!(scene.row("a").exception.contains("HIKYAKU_CACHE_TABLE"));
}

#[test]
fn middleware_that_only_php_can_run_keeps_a_job_from_running() {
    let mut scene = Scene::laravel();
    let class = "Illuminate\\Queue\\Middleware\\RateLimited";
    scene.receive(step(1).through(vec![middleware(class)]).body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    let why = scene.row("a").exception;
    assert!(why.contains(class), "{why}");
}

#[test]
fn a_job_that_never_yields_keeps_its_lock_until_its_time_is_over() {
    let mut scene = two(&[Busy, Done]);
    scene.run_to(39);
    assert!(scene.starts("z").is_empty());
    assert!(scene.ledger.cached(&key()).is_some());
}
