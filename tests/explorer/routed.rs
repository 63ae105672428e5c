//! The worlds of a class that both sides have: PHP behind a courier, and a route that may have changed whenever somebody
//! looks at it.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::testing::explore::Choices;
use hikyaku_core::testing::{DistantTables, World as Simulated, yield_now};
use hikyaku_core::{
    BoxFuture, Courier, Defaults, JobError, Laravel, Parcel, Route, Routes, Side, StoreError,
    Worker,
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

/// Both sides: PHP behind the courier of every process, and the routes.
pub(crate) fn with_php(
    world: Simulated<Arc<Book>>,
    ends: Ends,
    book: &Arc<Book>,
    choices: &Choices,
) -> Simulated<Arc<Book>> {
    let book = Arc::clone(book);
    let tables = Arc::new(ChangingRoutes(choices.clone()));
    world
        .with_worker_of_its_own(move || {
            let worker = play::register(Worker::new(Arc::clone(&book)));
            worker.courier(Arc::new(Php(Arc::clone(&book))))
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
            let route = [Route::RUST, Route::PHP][self.0.choose(2)];
            self.0
                .note(|| format!("`{job}` is routed to {}", route.side("")));
            Ok(Some(route))
        })
    }
}

/// The application: it does what a payload says, as jobs in Rust do.
struct Php(Arc<Book>);

#[derive(Deserialize)]
struct Body {
    data: Play,
}

impl Courier for Php {
    fn defaults(&self) -> Defaults {
        Defaults {
            tries: 1,
            backoff: vec![0],
            timeout: 60,
        }
    }

    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        let book = Arc::clone(&self.0);
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
fn alone(acts: &[Act], tries: u32, faults: u32, moves: u32, retries: u32) -> Scenario {
    let plans = vec![plan(ROUTED, acts, tries)];
    batches_of(1, scenario(plans, faults, moves, retries))
}

fn one() -> Vec<World> {
    vec![
        small("done", alone(&[Done], 2, 1, 1, 0)),
        small("tried again", alone(&[Error, Done], 3, 1, 0, 0)),
        small("snoozed", alone(&[Snooze, Done], 2, 1, 0, 0)),
        small("failed", alone(&[Fail], 2, 1, 0, 0)),
        small("sent again", alone(&[Fail, Done], 2, 0, 1, 1)),
    ]
}

fn many() -> Vec<World> {
    let plans = vec![
        plan(ROUTED, &[Error, Error, Done], 4),
        plan(ROUTED, &[Fail, Snooze, Done], 3),
        plan("once", &[Error, Done], 3),
    ];
    vec![large("mix", 800, batches_of(1, scenario(plans, 6, 30, 1)))]
}

worlds! {
    a_job_that_either_side_can_run: one();
    many_faults_around_routed_jobs: many();
}
