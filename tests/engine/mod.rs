//! The engine in virtual time: each test is a scene with a queue, a mapping, functions and a ledger.

mod application;
mod batch;
mod chain;
mod collision;
mod command;
mod commit;
mod contained;
mod context;
mod continuation;
mod courier;
mod dead_letters;
mod deadline;
mod debounce;
mod echo;
mod fallback;
mod faults;
mod fifo;
mod guarantees;
mod heartbeat;
mod keeper;
mod laravel_batch;
mod limits;
mod locks;
mod missing_model;
mod overflow;
mod overlap;
mod php;
mod poison;
mod policy;
mod relay;
mod resent;
mod routing;
mod shadow;
mod spawned;
mod trace;
mod waits;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::{
    Call, Fate, Line, Network, Remains, Scheduler, Settings, VirtualClock, World,
};
use hikyaku_core::{Clock, Laravel, Outcome, Report, Timestamp, Worker};
use serde_json::{Value, json};

use self::echo::{Act, Stage, Start};

/// A world, and the ends that a test looks at.
struct Scene {
    world: World<Arc<Stage>>,
    stage: Arc<Stage>,
    ledger: Arc<MemoryLedger>,
    network: Arc<Script>,
    start: Timestamp,
}

impl Scene {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self::with_worker(settings, 10)
    }

    fn with_worker(settings: Settings, concurrency: usize) -> Self {
        Self::build(settings, concurrency, |_| |_| Laravel::default())
    }

    /// `reach` says what of a Laravel application a process sees, whose tables are in the ledger.
    fn build<R>(
        settings: Settings,
        concurrency: usize,
        reach: impl FnOnce(Arc<MemoryLedger>) -> R,
    ) -> Self
    where
        R: Fn(Line) -> Laravel + Send + Sync + 'static,
    {
        Self::shaped(settings, concurrency, |worker| worker, reach)
    }

    /// `shape` adds to the worker.
    fn shaped<R>(
        settings: Settings,
        concurrency: usize,
        shape: impl FnOnce(Worker<Arc<Stage>>) -> Worker<Arc<Stage>>,
        reach: impl FnOnce(Arc<MemoryLedger>) -> R,
    ) -> Self
    where
        R: Fn(Line) -> Laravel + Send + Sync + 'static,
    {
        let (scheduler, clock) = (Scheduler::new(), VirtualClock::new());
        let stage = Arc::new(Stage::new(scheduler.clone(), clock.clone()));
        let worker = Worker::new(Arc::clone(&stage))
            .register::<echo::Once>()
            .register::<echo::AtMostOnce>()
            .register::<echo::AtLeastOnce>()
            .register::<echo::Long>()
            .register::<echo::LongAtLeastOnce>()
            .register::<echo::Unreadable>()
            .register::<shadow::Twin>()
            .register::<shadow::Busybody>()
            .register::<continuation::Parts>()
            .register::<continuation::LongParts>()
            .register::<continuation::UnrecordedParts>();
        let worker = shape(php::register(worker)).concurrency(concurrency);
        let ledger = Arc::new(MemoryLedger::default());
        let network = Arc::new(Script::default());
        let start = clock.now();
        let world = World::new(worker, scheduler, clock, settings)
            .with_ledger(Arc::clone(&ledger) as _)
            .with_laravel(reach(Arc::clone(&ledger)))
            .with_network(Arc::clone(&network) as _);
        Self {
            world,
            stage,
            ledger,
            network,
            start,
        }
    }

    /// Sends a job that does `acts`. Its message says what `more` says.
    fn send_with(&self, id: &str, job: &str, acts: &[Act], more: Value) -> String {
        self.world.queue.send(body(id, job, acts, more), None)
    }

    fn send(&self, id: &str, job: &str, acts: &[Act]) -> String {
        self.send_with(id, job, acts, json!({}))
    }

    fn run(&mut self) {
        assert!(self.world.run(), "the world does not come to rest");
    }

    /// Runs to the end while jobs take their processes down.
    fn run_dying(&mut self) {
        let stage = Arc::clone(&self.stage);
        loop {
            let living = |_: &World<_>| stage.dying.lock().unwrap().is_empty();
            assert!(
                self.world.run_while(living),
                "the world does not come to rest"
            );
            let dying = std::mem::take(&mut *stage.dying.lock().unwrap());
            if dying.is_empty() {
                return;
            }
            for process in dying {
                self.world.cut(process, Remains::Nothing);
            }
        }
    }

    fn run_to(&mut self, seconds: u64) {
        let moment = self.start + Duration::from_secs(seconds);
        assert!(
            self.world.run_until(moment),
            "the world does not come to rest"
        );
    }

    fn starts(&self, id: &str) -> Vec<Start> {
        self.stage.starts_of(id)
    }

    /// Runs to this second and then kills every process that serves.
    fn crash_at(&mut self, seconds: u64) {
        self.run_to(seconds);
        self.crash();
    }

    /// Runs until this holds and then kills every process that serves.
    fn crash_when(&mut self, holds: impl Fn(&World<Arc<Stage>>) -> bool) {
        assert!(self.world.run_while(|world| !holds(world)));
        assert!(holds(&self.world), "it never came to that");
        self.crash();
    }

    fn crash(&mut self) {
        let serving = self.world.serving();
        assert!(!serving.is_empty(), "nothing runs");
        for process in serving {
            self.world.cut(process, Remains::Nothing);
        }
    }

    /// The seconds at which a job was started.
    fn times(&self, id: &str) -> Vec<f64> {
        let starts = self.starts(id);
        starts
            .iter()
            .map(|start| self.start.until(start.at).as_secs_f64())
            .collect()
    }

    fn outcomes(&self, id: &str) -> Vec<Outcome> {
        self.reports(id)
            .iter()
            .map(|report| report.outcome)
            .collect()
    }

    fn reports(&self, id: &str) -> Vec<&Report> {
        let reports = self.world.reports();
        reports
            .into_iter()
            .filter(|report| report.id == id)
            .collect()
    }

    fn ports(&self) -> hikyaku_core::Ports {
        self.world.ports(hikyaku_core::testing::ProcessId(0))
    }

    fn whole_seconds(&self) -> u64 {
        self.start.until(self.world.clock.now()).as_secs()
    }

    fn seconds(&self) -> f64 {
        self.start.until(self.world.clock.now()).as_secs_f64()
    }
}

fn body(id: &str, job: &str, acts: &[Act], more: Value) -> String {
    let mut body = json!({ "uuid": id, "job": job, "data": { "acts": acts } });
    let Value::Object(more) = more else {
        panic!("not an object")
    };
    body.as_object_mut().unwrap().extend(more);
    body.to_string()
}

/// What goes wrong, call by call: each rule is used once, by the first call of its operation.
#[derive(Default)]
struct Script {
    rules: Mutex<VecDeque<(&'static str, Fate)>>,
    calls: Mutex<Vec<&'static str>>,
}

impl Script {
    fn then(&self, operation: &'static str, fate: Fate) {
        self.rules.lock().unwrap().push_back((operation, fate));
    }

    fn times(&self, times: usize, operation: &'static str, fate: Fate) {
        for _ in 0..times {
            self.then(operation, fate);
        }
    }

    fn count(&self, operation: &str) -> usize {
        self.calls
            .lock()
            .unwrap()
            .iter()
            .filter(|call| **call == operation)
            .count()
    }
}

impl Network for Script {
    fn fate(&self, call: Call<'_>) -> Fate {
        self.calls.lock().unwrap().push(call.operation);
        let mut rules = self.rules.lock().unwrap();
        let found = rules
            .iter()
            .position(|(operation, _)| *operation == call.operation);
        found
            .and_then(|index| rules.remove(index))
            .map_or(Fate::Answered, |(_, fate)| fate)
    }
}

const fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
