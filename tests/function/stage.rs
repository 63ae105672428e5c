//! Where the function runs: between a DynamoDB and an SQS on loopback, each behind a counting door.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use hikyaku::ledger::DynamoDbLedger;
use hikyaku::{
    Config, Function, FunctionError, JobThreads, Ports, SqsQueue, SystemRandom, Timestamp, Worker,
    clients, laravel,
};
use hikyaku_local::clock::SystemClock;
use hikyaku_local::sqs::{Identity, ReceiveRequest, ReceivedMessage, Sqs, router};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::clock::ShiftedClock;
use super::counting::{self, Operations};
use super::jobs::{Plan, Runs, worker};
use crate::ledger::dynamodb::{Emulator, patient_client};

/// The queue of the function's jobs.
pub(crate) const JOBS: &str = "jobs";
/// The queue that PHP works off.
pub(crate) const RELAY: &str = "php";

/// A function between its services.
pub(crate) struct Stage {
    function: Function<Arc<Runs>>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) config: Config,
    pub(crate) clock: Arc<ShiftedClock>,
    pub(crate) operations: Operations,
    pub(crate) sqs: Sqs,
    pub(crate) emulator: Emulator,
    pub(crate) laravel: Arc<hikyaku::core::Laravel>,
    _services: JoinSet<()>,
    _doors: [JoinSet<()>; 2],
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with_steps(|_| Plan::Succeed).await
    }

    /// A function whose steps do as they are told.
    pub(crate) async fn with_steps(plan: fn(i64) -> Plan) -> Self {
        Self::set_up(plan, None).await
    }

    /// A function that hands what must be retried, and came from no queue, over to `queue`.
    pub(crate) async fn handing_over_to(queue: &str) -> Self {
        Self::set_up(|_| Plan::Succeed, Some(queue)).await
    }

    async fn set_up(plan: fn(i64) -> Plan, own_queue: Option<&str>) -> Self {
        let emulator = Emulator::start().await;
        let operations = Operations::default();
        let (dynamodb, dynamodb_door) =
            counting::open(emulator.address(), operations.clone()).await;
        let mut services = JoinSet::new();
        let (sqs, address) = serve_sqs(&mut services).await;
        let (queues, sqs_door) = counting::open(address, operations.clone()).await;
        let config = Config {
            dynamodb_endpoint: Some(dynamodb),
            queue_url: own_queue.map(|queue| format!("{queues}/000000000000/{queue}")),
            relay_queue_url: Some(format!("{queues}/000000000000/{RELAY}")),
            sqs_endpoint: Some(queues),
            ..emulator.config().clone()
        };
        let clock = Arc::new(ShiftedClock::default());
        let ports = ports(&config, &clock);
        let laravel = ports.laravel.clone();
        let runs = Arc::new(Runs::new(plan));
        Self {
            function: Function::new(worker(runs.clone()), ports, config.clone()),
            runs,
            config,
            clock,
            operations,
            sqs,
            emulator,
            laravel,
            _services: services,
            _doors: [dynamodb_door, sqs_door],
        }
    }

    /// The worker of the function.
    pub(crate) fn worker(&self) -> Worker<Arc<Runs>> {
        worker(self.runs.clone())
    }

    /// Another function between the same services.
    pub(crate) fn function<S: Send + Sync + 'static>(&self, worker: Worker<S>) -> Function<S> {
        Function::new(
            worker,
            ports(&self.config, &self.clock),
            self.config.clone(),
        )
    }

    /// Invokes the function; an error as its whole chain.
    pub(crate) async fn invoke(&self, request_id: &str, payload: &str) -> Result<Value, String> {
        self.invoke_in(None, request_id, payload).await
    }

    /// The same, in this trace.
    pub(crate) async fn invoke_in(
        &self,
        trace: Option<&str>,
        request_id: &str,
        payload: &str,
    ) -> Result<Value, String> {
        let unknown = Timestamp::from_millis(0);
        let answer = self.function.handle(payload, request_id, unknown, trace);
        match answer.await {
            Ok(answer) => Ok(serde_json::from_str(answer.get()).unwrap()),
            Err(error @ FunctionError::Event(_)) => {
                Err(std::error::Error::source(&error).unwrap().to_string())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Invokes the function with messages of its queue. Answers which of them it gives back.
    pub(crate) async fn deliver(&self, messages: &[Message]) -> Vec<String> {
        deliver_to(&self.function, messages).await
    }

    /// Everything that may be received from a queue now.
    pub(crate) async fn received(&self, queue: &str) -> Vec<ReceivedMessage> {
        let queue = self.sqs.queue_by_name(queue).unwrap();
        let mut all = Vec::new();
        loop {
            let some = self.sqs.receive(ReceiveRequest::new(queue.clone(), 10));
            match some.await.unwrap() {
                some if some.is_empty() => return all,
                some => all.extend(some),
            }
        }
    }
}

/// A message as the mapping hands it over.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) receipt: String,
    pub(crate) body: String,
    pub(crate) receives: u32,
}

impl Message {
    /// A message that no queue knows: what is asked of its queue is refused, which changes nothing but its visibility.
    pub(crate) fn new(id: &str, body: &str) -> Self {
        Self {
            id: id.to_owned(),
            receipt: format!("receipt of {id}"),
            body: body.to_owned(),
            receives: 1,
        }
    }

    pub(crate) fn received(self, receives: u32) -> Self {
        Self { receives, ..self }
    }

    pub(crate) fn record(&self) -> Value {
        json!({
            "messageId": self.id, "receiptHandle": self.receipt, "body": self.body,
            "attributes": { "ApproximateReceiveCount": self.receives.to_string() },
            "messageAttributes": {}, "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{JOBS}"),
        })
    }
}

impl From<ReceivedMessage> for Message {
    fn from(message: ReceivedMessage) -> Self {
        let body = message.body.to_string();
        Self {
            receipt: message.receipt_handle,
            ..Self::new(&message.message_id, &body)
        }
    }
}

/// Invokes a function with messages of its queue. Answers which of them it gives back.
pub(crate) async fn deliver_to<S: Send + Sync + 'static>(
    function: &Function<S>,
    messages: &[Message],
) -> Vec<String> {
    let records: Vec<Value> = messages.iter().map(Message::record).collect();
    let event = json!({ "Records": records }).to_string();
    let unknown = Timestamp::from_millis(0);
    let answer = Box::pin(function.handle(&event, "request", unknown, None)).await;
    let answer: Value = serde_json::from_str(answer.unwrap().get()).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap().iter();
    failures
        .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
        .collect()
}

fn ports(config: &Config, clock: &Arc<ShiftedClock>) -> Ports {
    let client = patient_client(config);
    let laravel = laravel::reach(config, &client, BTreeMap::new()).unwrap();
    Ports {
        ledger: Arc::new(DynamoDbLedger::new(client, config)),
        queue: Arc::new(SqsQueue::with_client(config.clone(), patient_sqs(config))),
        clock: clock.clone(),
        random: Arc::new(SystemRandom),
        executor: Arc::new(JobThreads::start(2).unwrap()),
        laravel: Arc::new(laravel),
    }
}

/// A client that waits for its answer: these tests count requests, also on a machine that is busy.
fn patient_sqs(config: &Config) -> aws_sdk_sqs::Client {
    let patience = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(120));
    let client = clients::sqs(config);
    let patient = client
        .config()
        .to_builder()
        .timeout_config(patience.build())
        .retry_config(RetryConfig::disabled());
    aws_sdk_sqs::Client::from_conf(patient.build())
}

async fn serve_sqs(services: &mut JoinSet<()>) -> (Sqs, String) {
    let sqs = Sqs::new(Arc::new(SystemClock), Identity::default());
    for queue in [JOBS, RELAY] {
        sqs.create_queue(queue, &BTreeMap::new()).unwrap();
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = router(sqs.clone());
    services.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (sqs, address)
}
