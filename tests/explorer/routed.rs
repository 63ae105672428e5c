//! The worlds of a class that both sides have: PHP behind a courier, and a route that may have changed whenever somebody
//! looks at it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku_core::testing::explore::Choices;
use hikyaku_core::testing::{DistantTables, World as Simulated, yield_now};
use hikyaku_core::{
    BoxFuture, Comparison, Courier, Defaults, JobError, Laravel, Parcel, Route, Routes, Side,
    StoreError, Worker,
};
use serde::Deserialize;

use super::application::Ends;
use super::book::Book;
use super::play::Act::{self, Error, Fail, Ok as Done, Snooze};
use super::play::{self, Entry, Play};
use super::simulation::Scenario;
use super::worlds::{World, batches_of, large, plan, scenario, small, worlds};

/// The name of the jobs that run on either side.
pub(crate) const ROUTED: &str = "routed";

/// The name of those that may have a shadow, too.
pub(crate) const TWIN: &str = "twin";

/// Whether the jobs of this name can run on either side.
pub(crate) fn has_both_sides(job: &str) -> bool {
    [ROUTED, TWIN].contains(&job)
}

/// Both sides: PHP behind the courier of every process, and the routes.
pub(crate) fn with_php(
    world: Simulated<Arc<Book>>,
    ends: Ends,
    book: &Arc<Book>,
    choices: &Choices,
) -> Simulated<Arc<Book>> {
    let book = Arc::clone(book);
    let tables = Arc::new(ChangingRoutes(choices.clone()));
    let is_hasty = ends.php_is_hasty;
    world
        .with_worker_of_its_own(move || {
            let worker = play::register(Worker::new(Arc::clone(&book)));
            worker.courier(Arc::new(Php {
                book: Arc::clone(&book),
                is_hasty,
                unfinished: Arc::default(),
            }))
        })
        .with_laravel(move |line| Laravel {
            routes: Some(Arc::new(DistantTables {
                line: line.clone(),
                tables: Arc::clone(&tables),
            })),
            ..ends.laravel(line)
        })
}

/// A route that is another one at every look.
struct ChangingRoutes(Choices);

impl Routes for ChangingRoutes {
    fn find<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<Route>, StoreError>> {
        Box::pin(async move {
            let (route, words) = match (job == TWIN, self.0.choose(2)) {
                (true, 0) => (Route::SHADOW, "shadow"),
                (false, 0) | (true, _) => (Route::RUST, "rust"),
                (false, _) => (Route::PHP, "php"),
            };
            self.0.note(|| format!("`{job}` is routed to {words}"));
            Ok(Some(route))
        })
    }

    fn compared<'a>(&'a self, _: &'a Comparison) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The application: it does what a payload says, as jobs in Rust do.
struct Php {
    book: Arc<Book>,
    is_hasty: bool,
    /// What goes on after its answer.
    unfinished: Arc<Mutex<Vec<Entry>>>,
}

#[derive(Deserialize)]
struct Body {
    data: Play,
}

impl Courier for Php {
    fn defaults(&self) -> Defaults {
        Defaults::default()
    }

    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        let book = Arc::clone(&self.book);
        let unfinished = self.is_hasty.then(|| Arc::clone(&self.unfinished));
        Box::pin(async move {
            let body: Body = serde_json::from_str(&parcel.body).map_err(JobError::fail)?;
            let entry = Entry::of_attempt(book, &parcel);
            let act = entry.starts(Side::Php, &body.data);
            yield_now().await;
            match act {
                Act::Error => Err("no luck".into()),
                Act::Fail => {
                    entry.refuses();
                    Err(JobError::fail("never"))
                }
                Act::Snooze => Err(JobError::snooze(Duration::from_secs(3))),
                _ => {
                    entry.succeeds();
                    if let Some(unfinished) = unfinished {
                        unfinished.lock().unwrap().push(entry);
                    }
                    Ok(())
                }
            }
        })
    }

    fn tell_failed(
        &self,
        _parcel: Parcel,
        _error: String,
    ) -> BoxFuture<'static, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async { Ok(()) })
    }
}

/// Alone in its invocation, so that its try tells which claim an attempt has.
fn alone(
    job: &'static str,
    acts: &[Act],
    tries: u32,
    faults: u32,
    moves: u32,
    retries: u32,
) -> Scenario {
    let plans = vec![plan(job, acts, tries)];
    batches_of(1, scenario(plans, faults, moves, retries))
}

fn one() -> Vec<World> {
    vec![
        small("done", alone(ROUTED, &[Done], 2, 1, 1, 0)),
        small("tried again", alone(ROUTED, &[Error, Done], 3, 1, 0, 0)),
        small("snoozed", alone(ROUTED, &[Snooze, Done], 2, 1, 0, 0)),
        small("failed", alone(ROUTED, &[Fail], 2, 1, 0, 0)),
        small("sent again", alone(ROUTED, &[Fail, Done], 2, 0, 1, 1)),
    ]
}

fn twins() -> Vec<World> {
    vec![
        small("done", alone(TWIN, &[Done], 2, 1, 0, 0)),
        small("in another order", alone(TWIN, &[Done], 2, 0, 1, 0)),
        small("tried again", alone(TWIN, &[Error, Done], 3, 1, 0, 0)),
        small("sent again", alone(TWIN, &[Fail, Done], 2, 0, 0, 1)),
    ]
}

fn many() -> Vec<World> {
    let plans = vec![
        plan(ROUTED, &[Error, Error, Done], 4),
        plan(ROUTED, &[Fail, Snooze, Done], 3),
        plan("once", &[Error, Done], 3),
        plan(TWIN, &[Error, Done], 3),
    ];
    vec![large("mix", 800, batches_of(1, scenario(plans, 6, 30, 1)))]
}

worlds! {
    a_job_that_either_side_can_run: one();
    a_job_that_has_a_shadow: twins();
    many_faults_around_routed_jobs: many();
}
