//! Any payload to a function with its ports in memory: an answer or an error, and no record without an end of its own.
#![no_main]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use hikyaku::core::memory::MemoryLedger;
use hikyaku::core::testing::{
    ProcessId, QueueSettings, Scheduler, SeededRandom, SimExecutor, SimQueue, VirtualClock,
};
use hikyaku::{
    Config, Context, Function, FunctionError, Guarantee, Job, JobError, Ports, Timestamp, Worker,
};
use hikyaku_fuzz::mutate;
use hikyaku_laravel::Envelope;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde::Deserialize;
use serde_json::Value as Json;

/// A job that takes whatever comes, and fails if that is a 1.
macro_rules! job {
    ($job:ident, $name:literal, $guarantee:ident) => {
        #[derive(Deserialize)]
        struct $job {
            #[serde(default, alias = "n")]
            what: Json,
        }

        impl Job for $job {
            const NAME: &'static str = $name;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            type State = ();
            type Output = Json;

            async fn run(self, _: &Context<()>) -> Result<Json, JobError> {
                match self.what.as_i64() {
                    Some(1) => Err("try again".into()),
                    Some(2) => Err(JobError::fail("never")),
                    _ => Ok(self.what),
                }
            }
        }
    };
}

job!(Once, "once", Once);
job!(Careless, "careless", AtLeastOnce);
job!(Step, "App\\Jobs\\Step", Once);

struct Stage {
    function: Arc<Function<()>>,
    scheduler: Scheduler,
    clock: VirtualClock,
    ledger: Arc<MemoryLedger>,
}

impl Stage {
    fn new() -> Self {
        let (scheduler, clock) = (Scheduler::new(), VirtualClock::new());
        let ledger = Arc::new(MemoryLedger::default());
        let ports = Ports {
            ledger: Arc::clone(&ledger) as Arc<_>,
            queue: Arc::new(SimQueue::new(clock.clone(), QueueSettings::default())),
            clock: Arc::new(clock.clone()),
            random: Arc::new(SeededRandom::new(1)),
            executor: Arc::new(SimExecutor::new(scheduler.clone(), ProcessId(1))),
            laravel: Arc::default(),
        };
        let worker = Worker::new(())
            .register::<Once>()
            .register::<Careless>()
            .register::<Step>();
        let config = Config::from_lookup(|_| Ok(None)).expect("the defaults are valid");
        let function = Arc::new(Function::new(worker, ports, config));
        Self {
            function,
            scheduler,
            clock,
            ledger,
        }
    }

    fn invoke(&self, payload: &str) -> Result<Json, FunctionError> {
        let answer = Arc::new(Mutex::new(None));
        let (function, payload) = (Arc::clone(&self.function), payload.to_owned());
        let place = Arc::clone(&answer);
        let task = self.scheduler.spawn(ProcessId(0), async move {
            let unknown = Timestamp::from_millis(0);
            let answered = function.handle(&payload, "request-1", unknown, None).await;
            *place.lock().expect("nobody panics") = Some(answered);
        });
        while !self.scheduler.ended(task) {
            match (self.scheduler.runnable().first(), self.clock.next_timer()) {
                (Some(&runnable), _) => self.scheduler.poll(runnable),
                (None, Some(moment)) => self.clock.advance_to(moment),
                (None, None) => panic!("the invocation waits for nothing, for ever"),
            }
        }
        let answer = answer
            .lock()
            .expect("nobody panics")
            .take()
            .expect("it has ended");
        let answer = answer?;
        Ok(serde_json::from_str(answer.get()).expect("an answer is JSON"))
    }

    /// A record that does not come again is done, or in the failed store; or it is of a job that keeps no record.
    fn is_settled(&self, id: &str, name: Option<&str>) -> bool {
        let known = self.ledger.record(id).is_some() || self.ledger.failed(id).is_some();
        known || name == Some(Careless::NAME)
    }
}

fn batch_is_answered(stage: &Stage, records: &[Json], answer: &Json) {
    let again = answer["batchItemFailures"]
        .as_array()
        .expect("a batch's answer");
    let again = again
        .iter()
        .map(|item| item["itemIdentifier"].as_str().expect("an id"));
    let again: BTreeSet<&str> = again.collect();
    let id = |record: &Json| {
        record["messageId"]
            .as_str()
            .expect("it was read")
            .to_owned()
    };
    let all: BTreeSet<String> = records.iter().map(id).collect();
    assert!(again.iter().all(|id| all.contains(*id)), "{answer}");
    for record in records
        .iter()
        .filter(|record| !again.contains(&*id(record)))
    {
        let body = record["body"].as_str().expect("it was read");
        let envelope = Envelope::parse(body).ok();
        let uuid = envelope.as_ref().and_then(|envelope| envelope.uuid.clone());
        let settled = stage.is_settled(
            &uuid.unwrap_or_else(|| id(record)),
            envelope.as_ref().map(Envelope::name),
        );
        let wrapped = envelope
            .as_ref()
            .is_some_and(|envelope| envelope.name() == "hikyaku.malformed");
        assert!(settled || wrapped, "gone without a trace: {record}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(payload) = str::from_utf8(bytes) else {
        return;
    };
    let stage = Stage::new();
    let answer = stage.invoke(payload);
    let event = serde_json::from_str::<Json>(payload).ok();
    let records = event.as_ref().and_then(|event| event["Records"].as_array());
    if let (Ok(answer), Some(records)) = (&answer, records) {
        batch_is_answered(&stage, records, answer);
    }
    // The same event comes again, as SQS and Lambda may deliver it.
    let again = stage.invoke(payload);
    let refused =
        |answer: &Result<Json, FunctionError>| matches!(answer, Err(FunctionError::Event(_)));
    assert_eq!(refused(&answer), refused(&again));
    stage.scheduler.clear();
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutate::in_place(data, size, longest, seed, mutate::event)
});
