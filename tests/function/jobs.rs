//! A function with one job of each guarantee, and where it runs.

use std::sync::Arc;
use std::time::Duration;

use hikyaku::ledger::DynamoDbLedger;
use hikyaku::{
    Config, Context, Function, FunctionError, Guarantee, Job, JobError, JobThreads, Ports,
    SqsQueue, SystemClock, SystemRandom, Timestamp, Worker, clients,
};
use serde::Deserialize;
use serde_json::Value;

use super::counting::{self, Operations};
use crate::ledger::dynamodb::Emulator;

/// What a job is told to do.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Succeed,
    Err,
    Fail,
}

fn act(what: &What) -> Result<&'static str, JobError> {
    match what {
        What::Succeed => Ok("well done"),
        What::Err => Err("no route to the mail server".into()),
        What::Fail => Err(JobError::fail("the address does not exist")),
    }
}

macro_rules! job {
    ($job:ident, $name:literal, $guarantee:ident) => {
        #[derive(Deserialize)]
        pub(crate) struct $job {
            what: What,
        }

        impl Job for $job {
            const NAME: &'static str = $name;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            const BACKOFF: &'static [Duration] = &[Duration::ZERO];
            type State = ();
            type Output = &'static str;

            async fn run(self, _: &Context<()>) -> Result<&'static str, JobError> {
                act(&self.what)
            }
        }
    };
}

job!(Careless, "at-least-once", AtLeastOnce);
job!(Careful, "at-most-once", AtMostOnce);
job!(Normal, "once", Once);

/// The function, with a counting door before its DynamoDB.
pub(crate) struct Stage {
    function: Function<()>,
    pub(crate) operations: Operations,
    _emulator: Emulator,
    _door: tokio::task::JoinSet<()>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start().await;
        let (endpoint, operations, door) = counting::open(emulator.address()).await;
        let config = Config {
            dynamodb_endpoint: Some(endpoint),
            ..emulator.config().clone()
        };
        let ports = Ports {
            ledger: Arc::new(DynamoDbLedger::new(clients::dynamodb(&config), &config)),
            queue: Arc::new(SqsQueue::new(config.clone())),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            executor: Arc::new(JobThreads::start(2).unwrap()),
            laravel: Arc::default(),
        };
        let worker = Worker::new(())
            .register::<Careless>()
            .register::<Careful>()
            .register::<Normal>();
        Self {
            function: Function::new(worker, ports, config),
            operations,
            _emulator: emulator,
            _door: door,
        }
    }

    /// Invokes the function; an error as its whole chain.
    pub(crate) async fn invoke(&self, request_id: &str, payload: &str) -> Result<Value, String> {
        let unknown = Timestamp::from_millis(0);
        match self.function.handle(payload, request_id, unknown).await {
            Ok(answer) => Ok(serde_json::from_str(answer.get()).unwrap()),
            Err(error @ FunctionError::Event(_)) => {
                Err(std::error::Error::source(&error).unwrap().to_string())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
