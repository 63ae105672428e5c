//! Shadows on DynamoDB: what they came to is counted beside the routes, and nothing else is written.

use std::sync::Arc;

use hikyaku::core::{BoxFuture, Courier, Defaults, Parcel, Route};
use hikyaku::ledger::DynamoDbRoutes;
use hikyaku::{Context, Function, Job, JobError, Worker, clients};
use serde::Deserialize;
use serde_json::json;

use super::stage::{Message, Stage, deliver_to};

const CLASS: &str = "App\\Jobs\\Invoice";

/// An invoice that Rust refuses if it has no lines.
#[derive(Deserialize)]
struct Invoice {
    lines: u32,
}

impl Job for Invoice {
    const NAME: &'static str = CLASS;
    const SHADOW: bool = true;
    type State = ();
    type Output = ();

    async fn run(self, context: &Context<()>) -> Result<(), JobError> {
        assert!(context.is_shadow(), "it ran in Rust");
        match self.lines {
            0 => Err(JobError::fail("an invoice without lines")),
            _ => Ok(()),
        }
    }
}

/// The application, which writes every invoice.
struct Application;

impl Courier for Application {
    fn defaults(&self) -> Defaults {
        Defaults {
            tries: 3,
            ..Defaults::default()
        }
    }

    fn deliver(&self, _: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        Box::pin(async { Ok(()) })
    }

    fn tell_failed(
        &self,
        parcel: Parcel,
        error: String,
    ) -> BoxFuture<'static, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
        panic!("job {} failed: {error}", parcel.id)
    }
}

fn function(stage: &Stage) -> Function<()> {
    let worker = Worker::new(()).register::<Invoice>();
    let worker = worker.courier(Arc::new(Application));
    stage.function(worker)
}

fn message(id: &str, lines: u32) -> Message {
    let body = json!({ "uuid": id, "job": CLASS, "data": { "lines": lines } });
    Message::new(id, &body.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shadows_are_counted_with_the_last_that_differed_and_forgotten_with_their_route() {
    let stage = Stage::start().await;
    let function = function(&stage);
    let routes = DynamoDbRoutes::new(clients::dynamodb(&stage.config), &stage.config);
    let now = hikyaku::core::Clock::now(&*stage.clock);
    routes.set(CLASS, Route::SHADOW, now).await.unwrap();
    assert_eq!(routes.list().await.unwrap()[0].route, Route::SHADOW);

    let batch = [message("one", 3), message("two", 0), message("three", 1)];
    let given_back = deliver_to(&function, &batch).await;
    assert_eq!(given_back, Vec::<String>::new());

    let compared = routes.comparisons().await.unwrap();
    let invoices = &compared[CLASS];
    assert_eq!((invoices.agreed, invoices.differed), (2, 1));
    let last = invoices.last.as_ref().unwrap();
    assert_eq!((&*last.id, last.attempt), ("two", 1));
    assert_eq!((&*last.php, &*last.rust), ("done", "buried"));
    assert_eq!(last.error.as_deref(), Some("an invoice without lines"));
    // All three ran in PHP, as far as the ledger knows.
    let counts = routes.count().await.unwrap()[CLASS];
    assert_eq!((counts.rust, counts.php), (0, 3));

    routes.set(CLASS, Route::RUST, now).await.unwrap();
    assert_eq!(routes.comparisons().await.unwrap(), compared);
    routes.remove(CLASS).await.unwrap();
    assert!(routes.comparisons().await.unwrap().is_empty());
}
