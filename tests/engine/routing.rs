//! Routing: on which side a job runs that could run on either, and that it never runs on both.

use std::collections::BTreeSet;
use std::sync::Arc;

use hikyaku_core::memory::MemoryRoutes;
use hikyaku_core::testing::{DistantTables, Fate, Settings};
use hikyaku_core::{Courier, Laravel, Outcome, ROUTE_KEPT, Route, Side};
use serde_json::json;

use super::Scene;
use super::courier::{Program, Said};
use super::echo::Act;
use super::php::{letter, step};

const JOB: &str = "once";

/// A worker that has the jobs and a courier, and routes.
pub(super) fn scene(program: &Arc<Program>, routes: &Arc<MemoryRoutes>) -> Scene {
    let courier: Arc<dyn Courier> = Arc::clone(program) as _;
    let routes = Arc::clone(routes);
    Scene::shaped(
        Settings::default(),
        10,
        |worker| worker.courier(courier),
        |_| {
            move |line| Laravel {
                routes: Some(Arc::new(DistantTables {
                    line,
                    tables: Arc::clone(&routes),
                })),
                ..Laravel::default()
            }
        },
    )
}

fn routed(route: Route) -> Arc<MemoryRoutes> {
    let routes = MemoryRoutes::default();
    routes.set(JOB, route);
    Arc::new(routes)
}

/// An id that this route sends to PHP, if it has any.
fn id_in_php(route: Route) -> String {
    let mut ids = (0..1000).map(|number| format!("job-{number}"));
    ids.find(|id| route.side(id) == Side::Php).unwrap()
}

#[test]
fn a_class_without_a_route_runs_in_rust_and_one_routed_to_php_runs_there() {
    let (program, routes) = (Program::saying([]), Arc::new(MemoryRoutes::default()));
    let mut scene = scene(&program, &routes);
    scene.send("a", JOB, &[Act::Ok]);
    scene.run();
    routes.set(JOB, Route::PHP);
    scene.run_to(10);
    scene.send("b", JOB, &[Act::Ok]);
    scene.run();
    assert_eq!((scene.starts("a").len(), scene.starts("b").len()), (1, 0));
    assert_eq!(program.ids(), ["b"]);
    let side = |id| scene.ledger.record(id).unwrap().side;
    assert_eq!((side("a"), side("b")), (Some(Side::Rust), Some(Side::Php)));
}

#[test]
fn a_share_is_the_same_for_an_id_forever_and_as_large_as_it_says() {
    let ids: Vec<_> = (0..10_000_u32)
        .map(|number| format!("{number:08x}-6d9e-4b57-8d39-6f2d0f5a3b11"))
        .collect();
    let in_rust = |percent| -> BTreeSet<&str> {
        let route = Route::percent(percent).unwrap();
        let ids = ids.iter().map(String::as_str);
        ids.filter(|id| route.side(id) == Side::Rust).collect()
    };
    assert!(in_rust(0).is_empty());
    assert_eq!(in_rust(100).len(), ids.len());
    for percent in [1, 10, 50, 90] {
        let expected = usize::from(percent) * 100;
        let found = in_rust(percent).len();
        let off = found.abs_diff(expected);
        assert!(off < 300, "{found} of 10,000 at {percent} percent");
    }
    assert!(in_rust(10).is_subset(&in_rust(50)));
    assert!(Route::percent(101).is_none());
}

#[test]
fn a_retry_stays_on_its_side_while_the_route_changes() {
    for (first, then, side) in [
        (Route::RUST, Route::PHP, Side::Rust),
        (Route::PHP, Route::RUST, Side::Php),
    ] {
        let program = Program::saying([Said::Threw, Said::Threw]);
        let routes = routed(first);
        let mut scene = scene(&program, &routes);
        let more = json!({ "maxTries": 3, "backoff": "60" });
        scene.send_with("a", JOB, &[Act::Error, Act::Error, Act::Ok], more);
        scene.run_to(30);
        routes.set(JOB, then);
        scene.run();
        let ran = (scene.starts("a").len(), program.attempts().len());
        let expected = match side {
            Side::Rust => (3, 0),
            Side::Php => (0, 3),
        };
        assert_eq!(ran, expected, "{:?}", scene.world.reports());
        assert_eq!(*scene.outcomes("a").last().unwrap(), Outcome::Done);
    }
}

#[test]
fn killed_on_one_side_it_runs_again_there_whatever_the_route_says_by_then() {
    for (first, then) in [(Route::RUST, Route::PHP), (Route::PHP, Route::RUST)] {
        let program = Program::saying([Said::Nothing, Said::Done]);
        let routes = routed(first);
        let mut scene = scene(&program, &routes);
        let more = json!({ "maxTries": 2 });
        scene.send_with("a", JOB, &[Act::Sleep(20), Act::Ok], more);
        scene.crash_at(3);
        routes.set(JOB, then);
        scene.run();
        let ran = (scene.starts("a").len(), program.attempts().len());
        let expected = if first == Route::RUST { (2, 0) } else { (0, 2) };
        assert_eq!(ran, expected, "{:?}", scene.world.reports());
    }
}

#[test]
fn a_second_delivery_of_what_is_done_repeats_what_followed_on_its_side_only() {
    for (first, then) in [(Route::RUST, Route::PHP), (Route::PHP, Route::RUST)] {
        let program = Program::saying([]);
        let routes = Arc::new(MemoryRoutes::default());
        routes.set("App\\Jobs\\Step", first);
        let mut scene = scene(&program, &routes);
        scene.receive(step(0).followed_by(&[step(1)]).body("a"));
        let message = scene.world.queue.messages()[0].clone();
        scene.run();
        let before = (scene.stage.steps().len(), program.attempts().len());
        routes.set("App\\Jobs\\Step", then);
        scene.run_to(10);
        scene.world.queue.duplicate(&message);
        scene.run();
        let after = (scene.stage.steps().len(), program.attempts().len());
        let expected = if first == Route::RUST { (2, 0) } else { (0, 1) };
        assert_eq!((before, after), (expected, expected));
    }
}

#[test]
fn sent_again_after_it_had_failed_it_goes_by_the_route_of_then() {
    let program = Program::saying([]);
    let routes = routed(Route::RUST);
    let mut scene = scene(&program, &routes);
    scene.send_with("a", JOB, &[Act::Error], json!({ "maxTries": 1 }));
    scene.run();
    routes.set(JOB, Route::PHP);
    scene.run_to(60);
    scene.send_again("a");
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    let ran = program.ran();
    assert_eq!((ran.len(), ran[0].generation), (1, 1));
    let record = scene.ledger.record("a").unwrap();
    assert_eq!(record.side_before, Some(Side::Rust));
}

#[test]
fn a_route_is_read_once_in_a_while_however_many_jobs_come() {
    let program = Program::saying([]);
    let routes = routed(Route::percent(50).unwrap());
    let mut scene = scene(&program, &routes);
    for number in 0..100 {
        scene.send(&format!("job-{number}"), JOB, &[Act::Ok]);
    }
    scene.run();
    let seconds = scene.whole_seconds();
    let most = 1 + seconds / ROUTE_KEPT.as_secs();
    let reads = scene.network.count("find_route") as u64;
    assert!((1..=most).contains(&reads), "{reads} reads in {seconds} s");
    // Two writes each, as without a route.
    assert_eq!(scene.ledger.writes(), 200);
    let in_php = program.attempts().len();
    assert!((30..70).contains(&in_php), "{in_php} of 100 in php");
}

#[test]
fn while_the_routes_cannot_be_read_the_last_one_holds() {
    let program = Program::saying([]);
    let routes = routed(Route::PHP);
    let mut scene = scene(&program, &routes);
    scene.send("a", JOB, &[Act::Ok]);
    scene.run();
    routes.set(JOB, Route::RUST);
    scene.network.times(100, "find_route", Fate::Throttled);
    scene.run_to(60);
    scene.send("b", JOB, &[Act::Ok]);
    scene.run();
    assert_eq!(program.ids(), ["a", "b"]);
}

#[test]
fn where_no_route_was_ever_read_the_message_waits_and_spends_no_try() {
    let program = Program::saying([]);
    let routes = routed(Route::PHP);
    let mut scene = scene(&program, &routes);
    scene.network.times(40, "find_route", Fate::Throttled);
    scene.send("a", JOB, &[Act::Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a")[0], Outcome::Unsettled);
    assert!(scene.starts("a").is_empty());
    assert_eq!(program.attempts(), [1]);
    assert!(scene.is_settled());
}

#[test]
fn what_only_php_can_do_goes_there_although_its_class_is_routed_to_rust() {
    let program = Program::saying([]);
    let routes = Arc::new(MemoryRoutes::default());
    routes.set("App\\Jobs\\Letter", Route::RUST);
    let mut scene = scene(&program, &routes);
    scene.receive(letter().body("a"));
    scene.run();
    assert_eq!(program.ids(), ["a"]);
    assert_eq!(scene.network.count("find_route"), 0);
}

#[test]
fn a_function_that_has_one_side_only_leaves_a_job_of_the_other_to_its_own_message() {
    let route = Route::percent(50).unwrap();
    let id = id_in_php(route);
    let program = Program::saying([Said::Threw]);
    let routes = routed(route);
    let mut both = scene(&program, &routes);
    both.send_with(
        &id,
        JOB,
        &[Act::Ok],
        json!({ "maxTries": 3, "backoff": "600" }),
    );
    both.run_to(30);
    let ledger = Arc::clone(&both.ledger);
    assert_eq!(ledger.record(&id).unwrap().side, Some(Side::Php));
    // The same body in the queue of a function that has no courier.
    let mut one = Scene::new();
    one.world = one.world.with_ledger(ledger as _);
    one.send(&id, JOB, &[Act::Ok]);
    one.run_to(20);
    assert_eq!(one.outcomes(&id)[0], Outcome::Held);
    both.run();
    one.run();
    assert!(one.starts(&id).is_empty());
    assert_eq!(program.attempts(), [1, 2]);
    assert_eq!(*one.outcomes(&id).last().unwrap(), Outcome::DoneBefore);
}
