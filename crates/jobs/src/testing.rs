//! For the tests of a function: its worker on ports in memory, at a time of the test's choosing.

use std::sync::Arc;

use hikyaku::core::memory::MemoryLedger;
use hikyaku::core::{BoxFuture, Clock};
use hikyaku::{
    Config, Delivery, Invocation, Job, JobThreads, Outcome, Ports, Report, SqsQueue, SystemRandom,
    Timestamp, Worker,
};
use serde_json::{Value, json};

/// Time that stands still.
struct Frozen(Timestamp);

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let passed = moment <= self.0;
        Box::pin(async move {
            if passed {
            } else {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Runs one attempt of `J` as the engine does, at `now`.
pub(crate) async fn run<J: Job>(data: Value, state: J::State, now: Timestamp) -> Report {
    let queue = SqsQueue::new(Config::from_lookup(|_| Ok(None)).unwrap());
    let ports = Ports {
        ledger: Arc::new(MemoryLedger::default()),
        queue: Arc::new(queue),
        clock: Arc::new(Frozen(now)),
        random: Arc::new(SystemRandom),
        executor: Arc::new(JobThreads::start(1).unwrap()),
        laravel: Arc::default(),
    };
    let delivery = Delivery {
        message_id: "1".to_owned(),
        body: json!({"job": J::NAME, "data": data}).to_string(),
        receive_count: 1,
        group: None,
        queue: String::new(),
        dead_letter: None,
        sent: None,
        trace: None,
        receipt: None,
    };
    let invocation = Invocation {
        started: now,
        deadline: None,
    };
    let worker = Worker::new(state).register::<J>();
    worker
        .process(&[delivery], invocation, &ports)
        .await
        .pop()
        .unwrap()
}

/// What a job answered that succeeded.
#[track_caller]
pub(crate) fn output(report: &Report) -> Value {
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.error);
    serde_json::from_str(report.output.as_ref().unwrap().get()).unwrap()
}
