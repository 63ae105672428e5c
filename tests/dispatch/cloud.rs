//! The local SQS on a free port, with a clock that a test moves by hand and a book of what was asked for.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture as _};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use hikyaku::Config;
use hikyaku_local::clock::Clock;
use hikyaku_local::sqs::{Identity, QueueName, ReceiveRequest, ReceivedMessage, Sqs, router};

const NOON_MS: u64 = 1_795_392_000_000;

/// What a test holds of the cloud.
pub(super) struct Cloud {
    /// What leads to it.
    pub(super) config: Config,
    sqs: Sqs,
    clock: Arc<ManualClock>,
    asked: Arc<Mutex<Vec<String>>>,
}

struct ManualClock(AtomicU64);

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn sleep(&self, _: std::time::Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Nobody waits here: no receive is long.
        Box::pin(std::future::pending())
    }
}

impl Cloud {
    /// Creates a queue and answers its URL.
    pub(super) fn create(&self, name: &str) -> String {
        let queue = QueueName::new(name).unwrap();
        let attributes = if queue.is_fifo() {
            BTreeMap::from([("FifoQueue".to_owned(), "true".to_owned())])
        } else {
            BTreeMap::new()
        };
        self.sqs.create_queue(name, &attributes).unwrap();
        let base = self.config.sqs_endpoint.as_deref().unwrap();
        self.sqs.identity().url(base, &queue)
    }

    /// Up to ten messages.
    pub(super) async fn receive(&self, queue: &str) -> Vec<ReceivedMessage> {
        let queue = QueueName::new(queue).unwrap();
        let request = ReceiveRequest::new(queue, 10);
        self.sqs.receive(request).await.unwrap()
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// What SQS was asked for since the last time.
    pub(super) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// Runs a test against SQS on a free port of the loopback interface.
pub(super) async fn on_a_cloud(test: impl AsyncFnOnce(Cloud)) {
    let clock = Arc::new(ManualClock(AtomicU64::new(NOON_MS)));
    let sqs = Sqs::new(Arc::clone(&clock) as _, Identity::default());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let book = Arc::clone(&asked);
    let note = from_fn(move |request: Request, next: Next| {
        let target = request.headers().get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.rsplit('.').next());
        let operation = operation.unwrap_or_default().to_owned();
        book.lock().unwrap().push(operation);
        next.run(request)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = axum::serve(listener, router(sqs.clone()).layer(note));
    let cloud = Cloud {
        config: Config {
            sqs_endpoint: Some(endpoint),
            credentials: Some(crate::local_keys()),
            ..Config::from_lookup(|_| Ok(None)).unwrap()
        },
        sqs,
        clock,
        asked,
    };
    tokio::select! {
        stopped = server.into_future() => panic!("the server stopped: {stopped:?}"),
        () = test(cloud) => {}
    }
}
