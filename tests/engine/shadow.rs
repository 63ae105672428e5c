//! Shadows: what PHP has run runs in Rust too, leaves nothing behind, and is compared.

use std::sync::Arc;

use hikyaku_core::memory::{MemoryRoutes, Notes};
use hikyaku_core::testing::Fate;
use hikyaku_core::{
    Commit, Comparison, Context, Job, JobError, Message, Outcome, Outgoing, Route, Side, State,
};
use serde::Deserialize;
use serde_json::json;

use super::Scene;
use super::courier::{Program, Said};
use super::echo::{Act, Acts, Stage, act};
use super::routing::scene;
use super::second;

const TWIN: &str = "twin";
const BUSYBODY: &str = "busybody";

/// A job that promises to leave nothing behind as a shadow.
#[derive(Debug, Deserialize)]
pub(super) struct Twin(Acts);

impl Job for Twin {
    const NAME: &'static str = TWIN;
    const TRIES: u32 = 1;
    const SHADOW: bool = true;
    type State = Arc<Stage>;
    type Output = u32;

    async fn run(self, context: &Context<Arc<Stage>>) -> Result<u32, JobError> {
        act(&self.0, context).await
    }
}

/// One that asks its context for all that can have an effect, and would fail if one of them were refused.
#[derive(Debug, Deserialize)]
pub(super) struct Busybody(Acts);

impl Job for Busybody {
    const NAME: &'static str = BUSYBODY;
    const SHADOW: bool = true;
    type State = Arc<Stage>;
    type Output = u32;

    async fn run(self, context: &Context<Arc<Stage>>) -> Result<u32, JobError> {
        let another = Message::string_job("once", &json!({ "acts": ["ok"] }));
        context.dispatch("another", another).await?;
        context.checkpoint(&"half").await?;
        context.commit(Commit::new(Notes(vec![("note".into(), "1".into())])))?;
        act(&self.0, context).await
    }
}

fn shadowed(job: &str) -> Arc<MemoryRoutes> {
    let routes = MemoryRoutes::default();
    routes.set(job, Route::SHADOW);
    Arc::new(routes)
}

/// Runs one job whose class has shadows: what PHP says, and what Rust does.
fn compare(said: impl IntoIterator<Item = Said>, acts: &[Act]) -> (Scene, Vec<Comparison>) {
    let (program, routes) = (Program::saying(said), shadowed(TWIN));
    let mut scene = scene(&program, &routes);
    scene.send_with("a", TWIN, acts, json!({ "maxTries": 2, "backoff": "5" }));
    scene.run();
    assert!(scene.is_settled());
    (scene, routes.comparisons())
}

fn outcomes(comparisons: &[Comparison]) -> Vec<(u32, Outcome, Outcome)> {
    let outcomes = comparisons.iter();
    outcomes
        .map(|compared| {
            (
                compared.attempt,
                compared.php.outcome,
                compared.rust.outcome,
            )
        })
        .collect()
}

#[test]
fn php_does_the_work_and_its_shadow_runs_after_it() {
    let (scene, comparisons) = compare([Said::Done], &[Act::Ok]);
    assert_eq!(scene.outcomes("a"), [Outcome::Done]);
    let record = scene.ledger.record("a").unwrap();
    assert_eq!((record.state, record.side), (State::Done, Some(Side::Php)));
    let starts = scene.starts("a");
    assert_eq!(starts.len(), 1);
    assert!(starts[0].is_shadow);
    assert_eq!((starts[0].attempt, starts[0].token), (1, record.token));
    assert_eq!(outcomes(&comparisons), [(1, Outcome::Done, Outcome::Done)]);
    assert!(comparisons[0].agrees());
    // The two writes of any job that is done.
    assert_eq!(scene.ledger.writes(), 2);
}

#[test]
fn each_attempt_is_compared_with_what_rust_would_have_made_of_it() {
    let (scene, comparisons) = compare([Said::Threw, Said::Done], &[Act::Error, Act::Ok]);
    assert_eq!(scene.outcomes("a"), [Outcome::Released, Outcome::Done]);
    let expected = [
        (1, Outcome::Released, Outcome::Released),
        (2, Outcome::Done, Outcome::Done),
    ];
    assert_eq!(outcomes(&comparisons), expected);

    let (_, comparisons) = compare(
        [Said::Released, Said::Failed],
        &[Act::RetryAfter(3), Act::Fail],
    );
    let expected = [
        (1, Outcome::Released, Outcome::Released),
        (2, Outcome::Buried, Outcome::Buried),
    ];
    assert_eq!(outcomes(&comparisons), expected);
}

#[test]
fn a_shadow_that_fails_is_told_of_and_changes_nothing() {
    for (act, rust, error) in [
        (Act::Fail, Outcome::Buried, "never"),
        (Act::Error, Outcome::Released, "no luck"),
        (Act::Panic, Outcome::Released, "boom"),
        (Act::Sleep(1000), Outcome::Released, "ran out of its time"),
    ] {
        let (scene, comparisons) = compare([Said::Done], std::slice::from_ref(&act));
        assert_eq!(scene.outcomes("a"), [Outcome::Done], "{act:?}");
        assert!(scene.ledger.all_failed().is_empty());
        assert_eq!(outcomes(&comparisons), [(1, Outcome::Done, rust)]);
        assert!(!comparisons[0].agrees());
        let said = comparisons[0].rust.error.as_deref().unwrap();
        assert!(said.contains(error), "{said}");
    }
}

#[test]
fn a_payload_that_rust_cannot_read_is_a_difference() {
    let (program, routes) = (Program::saying([]), shadowed(TWIN));
    let mut scene = scene(&program, &routes);
    scene.receive(json!({ "uuid": "a", "job": TWIN, "data": { "acts": 7 } }).to_string());
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Done]);
    let comparisons = routes.comparisons();
    assert_eq!(
        outcomes(&comparisons),
        [(1, Outcome::Done, Outcome::Buried)]
    );
    let why = comparisons[0].rust.error.as_deref().unwrap();
    assert!(why.contains("payload"), "{why}");
}

#[test]
fn a_job_that_does_not_promise_it_has_no_shadow() {
    let (program, routes) = (Program::saying([]), shadowed("once"));
    let mut scene = scene(&program, &routes);
    scene.send("a", "once", &[Act::Ok]);
    scene.run();
    assert_eq!(program.attempts(), [1]);
    assert!(scene.starts("a").is_empty());
    assert!(routes.comparisons().is_empty());
}

#[test]
fn where_php_gave_no_verdict_there_is_nothing_to_compare() {
    let (scene, comparisons) = compare([Said::Unheard, Said::Nothing, Said::Done], &[Act::Ok]);
    let expected = [Outcome::Snoozed, Outcome::Released, Outcome::Done];
    assert_eq!(scene.outcomes("a"), expected);
    assert_eq!(outcomes(&comparisons), [(2, Outcome::Done, Outcome::Done)]);
    assert_eq!(scene.starts("a").len(), 1);
}

#[test]
fn what_a_shadow_asks_its_context_for_has_no_effect() {
    let (program, routes) = (Program::saying([]), shadowed(BUSYBODY));
    let mut scene = scene(&program, &routes);
    scene.send("a", BUSYBODY, &[Act::Ok]);
    scene.run();
    let comparisons = routes.comparisons();
    assert_eq!(
        outcomes(&comparisons),
        [(1, Outcome::Done, Outcome::Done)],
        "{comparisons:?}"
    );
    assert_eq!(scene.world.reports().len(), 1, "another job was sent");
    assert_eq!(scene.world.queue.elsewhere(), Vec::<Outgoing>::new());
    assert_eq!(scene.ledger.writes(), 2);
    assert!(scene.ledger.notes().is_empty());
    assert_eq!(scene.ledger.record("a").unwrap().checkpoint, None);

    // In Rust itself it has all of them.
    routes.set(BUSYBODY, Route::RUST);
    scene.run_to(scene.whole_seconds() + 10);
    scene.send("b", BUSYBODY, &[Act::Ok]);
    scene.run();
    assert_eq!(scene.world.reports().len(), 3);
    assert_eq!(scene.ledger.notes().len(), 1);
}

#[test]
fn a_process_that_dies_in_a_shadow_has_lost_nothing() {
    let (program, routes) = (Program::saying([]), shadowed(TWIN));
    let mut scene = scene(&program, &routes);
    scene.send("a", TWIN, &[Act::Sleep(20)]);
    scene.crash_at(10);
    scene.run();
    assert_eq!(program.attempts(), [1]);
    assert_eq!(scene.starts("a").len(), 1);
    assert_eq!(scene.outcomes("a"), [Outcome::DoneBefore]);
    assert!(routes.comparisons().is_empty());
    assert!(scene.is_settled());
}

#[test]
fn a_copy_of_a_message_has_no_shadow_of_its_own() {
    let (program, routes) = (Program::saying([]), shadowed(TWIN));
    let mut scene = scene(&program, &routes);
    scene.send("a", TWIN, &[Act::Ok]);
    scene.run();
    scene.send("a", TWIN, &[Act::Ok]);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Done, Outcome::DoneBefore]);
    assert_eq!(scene.starts("a").len(), 1);
}

#[test]
fn a_table_that_does_not_count_keeps_no_job_from_its_end() {
    for fate in [Fate::Throttled, Fate::AnsweredLate(second(3600))] {
        let (program, routes) = (Program::saying([]), shadowed(TWIN));
        let mut scene = scene(&program, &routes);
        scene.network.then("compared", fate);
        scene.send("a", TWIN, &[Act::Ok]);
        scene.run();
        assert_eq!(scene.outcomes("a"), [Outcome::Done]);
        assert_eq!(program.attempts(), [1]);
        assert!(scene.is_settled());
    }
}

#[test]
fn a_share_of_phps_runs_has_a_shadow_and_the_same_ids_always() {
    let route = Route::shadow(30).unwrap();
    assert_eq!((route.in_rust(), route.side("a")), (0, Side::Php));
    let ids = || (0..1000_u32).map(|number| format!("job-{number}"));
    let with = ids().filter(|id| route.has_shadow(id)).count();
    assert!((250..350).contains(&with), "{with} of 1,000");
    assert!(ids().all(|id| Route::SHADOW.has_shadow(&id) && !Route::PHP.has_shadow(&id)));
    assert!(Route::shadow(101).is_none());
}

#[test]
fn what_began_in_rust_has_no_shadow_when_the_route_becomes_one() {
    let (program, routes) = (Program::saying([]), Arc::new(MemoryRoutes::default()));
    let mut scene = scene(&program, &routes);
    let more = json!({ "maxTries": 2, "backoff": "60" });
    scene.send_with("a", TWIN, &[Act::Error, Act::Ok], more);
    scene.run_to(30);
    routes.set(TWIN, Route::SHADOW);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Released, Outcome::Done]);
    assert!(scene.starts("a").iter().all(|start| !start.is_shadow));
    assert!(program.attempts().is_empty());
}

#[test]
fn a_shadow_keeps_its_messages_neighbours_waiting_no_longer_than_its_own_time() {
    let (scene, comparisons) = compare([Said::Done], &[Act::Sleep(1000)]);
    assert_eq!(comparisons[0].rust.took, second(60));
    assert!(scene.seconds() < 90.0, "{}", scene.seconds());
}
