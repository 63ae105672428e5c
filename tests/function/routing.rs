//! A class is switched to Rust and back while a thousand of its jobs are under way, on DynamoDB and in two processes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku::core::{BoxFuture, Courier, Defaults, Parcel, ROUTE_KEPT, Route, Side};
use hikyaku::ledger::DynamoDbRoutes;
use hikyaku::{Context, Function, Job, JobError, Worker, clients};
use serde::Deserialize;
use serde_json::json;

use super::stage::{Message, Stage, deliver_to};

const JOBS: usize = 1000;
const CLASS: &str = "App\\Jobs\\Report";

/// The attempts of each job: on which side, and whether it succeeded.
#[derive(Default)]
struct Book(Mutex<BTreeMap<usize, Vec<(Side, bool)>>>);

impl Book {
    /// An attempt. Every third job fails in its first.
    fn attempt(&self, number: usize, side: Side) -> Result<(), JobError> {
        let mut book = self.0.lock().unwrap();
        let attempts = book.entry(number).or_default();
        let succeeds = !number.is_multiple_of(3) || !attempts.is_empty();
        attempts.push((side, succeeds));
        if succeeds {
            Ok(())
        } else {
            Err("no paper".into())
        }
    }
}

impl Book {
    /// Answers how many ran in Rust.
    #[track_caller]
    fn assert_each_once_on_one_side(&self) -> u64 {
        let book = self.0.lock().unwrap();
        assert_eq!(book.len(), JOBS);
        let mut in_rust = 0;
        for (number, attempts) in &*book {
            let successes = attempts.iter().filter(|(_, succeeded)| *succeeded);
            assert_eq!(successes.count(), 1, "job {number}: {attempts:?}");
            let side = attempts[0].0;
            let stays = attempts.iter().all(|(on, _)| *on == side);
            assert!(stays, "job {number} ran on both sides: {attempts:?}");
            in_rust += u64::from(side == Side::Rust);
        }
        in_rust
    }
}

#[derive(Deserialize)]
struct ReportJob {
    number: usize,
}

impl Job for ReportJob {
    const NAME: &'static str = CLASS;
    const TRIES: u32 = 3;
    const BACKOFF: &'static [Duration] = &[Duration::ZERO];
    type State = Arc<Book>;
    type Output = ();

    async fn run(self, context: &Context<Arc<Book>>) -> Result<(), JobError> {
        context.state().attempt(self.number, Side::Rust)
    }
}

/// Stands for the application: it knows the number of a job by the job's id.
struct Application(Arc<Book>);

impl Courier for Application {
    fn defaults(&self) -> Defaults {
        Defaults {
            tries: 3,
            ..Defaults::default()
        }
    }

    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        let number = parcel.id.trim_start_matches("report-").parse().unwrap();
        let answer = self.0.attempt(number, Side::Php);
        Box::pin(async move { answer })
    }

    fn tell_failed(
        &self,
        parcel: Parcel,
        error: String,
    ) -> BoxFuture<'static, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
        panic!("job {} failed: {error}", parcel.id)
    }
}

/// One process of the function: it remembers the route that it has read.
fn process(stage: &Stage, book: &Arc<Book>) -> Function<Arc<Book>> {
    let worker = Worker::new(Arc::clone(book))
        .register::<ReportJob>()
        .courier(Arc::new(Application(Arc::clone(book))));
    stage.function(worker)
}

/// Hands a batch over. Answers what comes again.
async fn hand_over(function: &Function<Arc<Book>>, batch: Vec<Message>) -> Vec<Message> {
    let given_back = deliver_to(function, &batch).await;
    let comes_again = |message: &Message| given_back.contains(&message.id);
    let again = batch.into_iter().filter(comes_again);
    again
        .map(|message| {
            let receives = message.receives + 1;
            message.received(receives)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_class_switched_under_a_thousand_jobs_loses_none_and_runs_each_on_one_side_once() {
    let stage = Stage::start().await;
    let book = Arc::new(Book::default());
    let processes = [process(&stage, &book), process(&stage, &book)];
    let routes = DynamoDbRoutes::new(clients::dynamodb(&stage.config), &stage.config);
    let set = async |route| {
        let now = hikyaku::core::Clock::now(&*stage.clock);
        routes.set(CLASS, route, now).await.unwrap();
    };
    set(Route::PHP).await;
    let message = |number: usize| {
        let id = format!("report-{number}");
        let body = json!({ "uuid": id, "job": CLASS, "data": { "number": number } });
        Message::new(&id, &body.to_string())
    };
    let mut queue: Vec<Message> = (0..JOBS).map(message).collect();
    let half = Route::percent(50).unwrap();
    let mut turns = 0_usize;
    while !queue.is_empty() {
        // Switched while what failed once waits at the end of the queue; one process goes on with what it has read.
        match turns {
            20 | 100 => set(Route::RUST).await,
            45 => set(half).await,
            70 => set(Route::PHP).await,
            _ => {}
        }
        if turns % 25 == 24 {
            stage.clock.pass(ROUTE_KEPT);
        }
        turns += 1;
        let batch: Vec<Message> = queue.drain(..queue.len().min(10)).collect();
        // Each tenth message is handed over twice, at once, to both processes.
        let twice = batch
            .iter()
            .filter(|_| turns.is_multiple_of(10))
            .cloned()
            .collect();
        let [one, two] = &processes;
        let (one, two) = if turns.is_multiple_of(2) {
            (one, two)
        } else {
            (two, one)
        };
        let (again, _) = tokio::join!(hand_over(one, batch), hand_over(two, twice));
        queue.extend(again);
        assert!(
            turns < 1000,
            "{} messages come again and again",
            queue.len()
        );
    }
    let in_rust = book.assert_each_once_on_one_side();
    let counts = routes.count().await.unwrap()[CLASS];
    assert_eq!((counts.rust, counts.php), (in_rust, JOBS as u64 - in_rust));
    assert!(counts.rust > 200 && counts.php > 200, "{counts:?}");
    let listed = routes.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].route), (1, Route::RUST));
    routes.remove(CLASS).await.unwrap();
    assert!(routes.list().await.unwrap().is_empty());
}

#[test]
fn the_function_that_the_page_shows_is_the_example_of_the_courier() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let block = |text: &str, start: &str| {
        let block = text.split_once(start).unwrap().1;
        block.split("```").next().unwrap().to_owned()
    };
    let page = block(&read("docs/lane.md"), "```rust\n");
    let example = block(&read("crates/courier/src/courier.rs"), "```no_run\n");
    let lines = example.lines().map(|line| line.trim_start_matches("///"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    // Those are compiled, and not shown.
    let shown: Vec<_> = lines.filter(|line| !line.starts_with("# ")).collect();
    assert_eq!(shown.join("\n"), page);
}
