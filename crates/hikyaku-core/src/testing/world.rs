//! A small cloud: a queue, a mapping that hands its messages to functions, and the processes the functions run in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock::{SkewedClock, VirtualClock};
use super::executor::SimExecutor;
use super::network::{Call, DistantLedger, DistantQueue, Fate, Line, Network, Reliable};
use super::queue::{QueueSettings, SimQueue};
use super::random::SeededRandom;
use super::scheduler::{ProcessId, Scheduler, TaskId};
use crate::memory::MemoryLedger;
use crate::{
    Clock, Delivery, Invocation, Laravel, Ledger, Ports, Queue, Random, Receipt, Report, Timestamp,
    Worker,
};

/// How a [`World`] is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The queue.
    pub queue: QueueSettings,
    /// How many messages an invocation gets at most.
    pub batch_size: usize,
    /// The function's timeout: when its process is killed.
    pub timeout: Duration,
    /// How many invocations run at once at most.
    pub concurrency: usize,
    /// How long received messages wait for their invocation: until a batch is full or its window over, and a process has
    /// started.
    pub wait: Duration,
    /// Whether the mapping asks which messages of a batch failed (`ReportBatchItemFailures`). Without it every message
    /// of an invocation that answers is deleted.
    pub partial_responses: bool,
    /// Where nonces and jitter start.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue: QueueSettings::default(),
            batch_size: 10,
            timeout: Duration::from_secs(900),
            concurrency: 10,
            wait: Duration::ZERO,
            partial_responses: true,
            seed: 1,
        }
    }
}

/// What is left of a process whose invocation was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// Nothing.
    Nothing,
    /// Its jobs, frozen where they were; the engine is gone.
    Jobs,
    /// All of it, frozen where it was.
    Everything,
}

/// A function's process.
struct Process {
    id: ProcessId,
    ports: Ports,
    clock: SkewedClock,
    state: ProcessState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProcessState {
    Serving,
    /// Between two invocations: what is left in it stands still.
    Idle,
    /// Cut short, and standing still.
    Frozen,
    /// Cut short. Whatever it still does, nobody waits for its answer.
    Lost,
}

struct Running {
    process: ProcessId,
    task: TaskId,
    deliveries: Vec<Delivery>,
    deadline: Timestamp,
    answer: Arc<Mutex<Option<Vec<Report>>>>,
}

/// An invocation that has its messages and does not run yet.
struct Coming {
    at: Timestamp,
    deliveries: Vec<Delivery>,
}

/// An invocation that answered, or was cut short.
#[derive(Debug)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Where it ran.
    pub process: ProcessId,
    /// What it answered; none if it was cut short.
    pub reports: Option<Vec<Report>>,
}

/// What of a Laravel application a process sees at the end of its line.
type Reach = Arc<dyn Fn(Line) -> Laravel + Send + Sync>;

/// Makes the worker of an invocation.
type Start<S> = Arc<dyn Fn() -> Worker<S> + Send + Sync>;

/// The production engine between a queue, a ledger and a clock that a test holds in its hand.
pub struct World<S> {
    /// All tasks of all processes.
    pub scheduler: Scheduler,
    /// The time.
    pub clock: VirtualClock,
    /// The queue.
    pub queue: SimQueue,
    /// What the invocations came to, in the order in which they ended.
    pub ended: Vec<Ended>,
    settings: Settings,
    worker: Arc<Worker<S>>,
    start: Option<Start<S>>,
    ledger: Arc<dyn Ledger>,
    /// The queue as the engine reaches it.
    far_queue: Arc<dyn Queue>,
    network: Arc<dyn Network>,
    random: Arc<dyn Random>,
    laravel: Reach,
    processes: Vec<Process>,
    coming: Vec<Coming>,
    running: Vec<Running>,
}

impl<S: Send + Sync + 'static> World<S> {
    /// A world in which nothing goes wrong, with a ledger of its own. `scheduler` and `clock` are given because a
    /// worker's state may want to know them.
    pub fn new(
        worker: Worker<S>,
        scheduler: Scheduler,
        clock: VirtualClock,
        settings: Settings,
    ) -> Self {
        let queue = SimQueue::new(clock.clone(), settings.queue);
        Self {
            far_queue: Arc::new(queue.clone()),
            queue,
            ended: Vec::new(),
            worker: Arc::new(worker),
            start: None,
            ledger: Arc::new(MemoryLedger::default()),
            network: Arc::new(Reliable),
            random: Arc::new(SeededRandom::new(settings.seed)),
            laravel: Arc::new(|_| Laravel::default()),
            processes: Vec::new(),
            coming: Vec::new(),
            running: Vec::new(),
            scheduler,
            clock,
            settings,
        }
    }

    /// Gives each invocation a worker of its own, as a process that starts for it has. Otherwise all share one, and with it
    /// what a worker keeps between two invocations, though one that is frozen may hold it.
    #[must_use]
    pub fn with_worker_of_its_own(
        mut self,
        start: impl Fn() -> Worker<S> + Send + Sync + 'static,
    ) -> Self {
        self.start = Some(Arc::new(start));
        self
    }

    /// Takes another ledger.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Arc<dyn Ledger>) -> Self {
        self.ledger = ledger;
        self
    }

    /// Has the engine reach another queue, which is likely one around [`World::queue`]: messages still come from that.
    #[must_use]
    pub fn with_queue(mut self, queue: Arc<dyn Queue>) -> Self {
        self.far_queue = queue;
        self
    }

    /// Puts a Laravel application within reach. `reach` says what of it a process sees at the end of its line.
    #[must_use]
    pub fn with_laravel(mut self, reach: impl Fn(Line) -> Laravel + Send + Sync + 'static) -> Self {
        self.laravel = Arc::new(reach);
        self
    }

    /// Takes another network.
    #[must_use]
    pub fn with_network(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    /// Hands what the queue has to a function, if a function is free and there is anything. Answers whether it was.
    pub fn deliver(&mut self) -> bool {
        self.deliver_after(self.settings.wait)
    }

    /// The same, and so long after the receive the invocation begins.
    pub fn deliver_after(&mut self, wait: Duration) -> bool {
        if !self.is_free() {
            return false;
        }
        let deliveries = self.queue.receive(self.settings.batch_size);
        if deliveries.is_empty() {
            return false;
        }
        if wait.is_zero() {
            self.invoke(deliveries);
        } else {
            let at = self.clock.now() + wait;
            self.coming.push(Coming { at, deliveries });
        }
        true
    }

    fn is_free(&self) -> bool {
        self.running.len() + self.coming.len() < self.settings.concurrency
    }

    fn invoke(&mut self, mut deliveries: Vec<Delivery>) {
        let (process, ports) = self.process();
        let now = ports.clock.now();
        // A function does not know when its messages were received.
        for receipt in deliveries.iter_mut().filter_map(|one| one.receipt.as_mut()) {
            receipt.received = now;
        }
        let invocation = Invocation {
            started: now,
            deadline: Some(now + self.settings.timeout),
        };
        let answer = Arc::new(Mutex::new(None));
        let task = {
            let shared = || Arc::clone(&self.worker);
            let worker = self
                .start
                .as_ref()
                .map_or_else(shared, |start| Arc::new(start()));
            let answer = Arc::clone(&answer);
            let deliveries = deliveries.clone();
            self.scheduler.spawn(process, async move {
                let reports = worker.process(&deliveries, invocation, &ports).await;
                *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(reports);
            })
        };
        self.running.push(Running {
            process,
            task,
            deliveries,
            deadline: self.clock.now() + self.settings.timeout,
            answer,
        });
    }

    /// An idle process, thawed, or a new one.
    fn process(&mut self) -> (ProcessId, Ports) {
        let mut processes = self.processes.iter_mut();
        if let Some(idle) = processes.find(|process| process.state == ProcessState::Idle) {
            idle.state = ProcessState::Serving;
            self.scheduler.freeze(idle.id, false);
            return (idle.id, idle.ports.clone());
        }
        let id = ProcessId(self.processes.len());
        let clock = self.clock_of(id);
        let ports = self.ports_with(id, Arc::new(clock.clone()));
        self.processes.push(Process {
            id,
            ports: ports.clone(),
            clock,
            state: ProcessState::Serving,
        });
        (id, ports)
    }

    /// The ports as a process sees them.
    pub fn ports(&self, process: ProcessId) -> Ports {
        self.ports_with(process, Arc::new(self.clock_of(process)))
    }

    fn clock_of(&self, process: ProcessId) -> SkewedClock {
        let (ahead, behind) = self.network.skew(process);
        self.clock.skewed(ahead, behind)
    }

    /// Sets a process's clock: it jumps.
    pub fn set_clock(&self, process: ProcessId, ahead: Duration, behind: Duration) {
        if let Some(process) = self.processes.get(process.0) {
            process.clock.set(ahead, behind);
        }
    }

    fn ports_with(&self, process: ProcessId, clock: Arc<dyn Clock>) -> Ports {
        let line = Line {
            process,
            network: Arc::clone(&self.network),
            clock: Arc::new(self.clock.clone()),
            scheduler: self.scheduler.clone(),
        };
        Ports {
            ledger: Arc::new(DistantLedger {
                line: line.clone(),
                ledger: Arc::clone(&self.ledger),
            }),
            queue: Arc::new(DistantQueue {
                line: line.clone(),
                queue: Arc::clone(&self.far_queue),
            }),
            clock,
            random: Arc::clone(&self.random),
            executor: Arc::new(SimExecutor::new(self.scheduler.clone(), process)),
            laravel: Arc::new((self.laravel)(line)),
        }
    }

    /// Polls one task. If it was the last of an invocation, the mapping deletes what was acknowledged.
    pub fn poll(&mut self, task: TaskId) {
        self.scheduler.poll(task);
        let mut running = self.running.iter();
        let Some(index) = running.position(|invocation| invocation.task == task) else {
            return;
        };
        if self.scheduler.ended(task) {
            let invocation = self.running.swap_remove(index);
            self.answered(&invocation);
        }
    }

    fn answered(&mut self, invocation: &Running) {
        let reports = invocation
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        for (delivery, report) in invocation.deliveries.iter().zip(reports.iter().flatten()) {
            let Some(receipt) = delivery.receipt.as_ref() else {
                continue;
            };
            let call = Call {
                process: invocation.process,
                operation: "delete",
                subject: &receipt.handle,
            };
            let is_over = report.verdict.acknowledges() || !self.settings.partial_responses;
            if is_over && self.network.fate(call) == Fate::Answered {
                self.queue.delete(receipt);
            }
        }
        self.set(invocation.process, ProcessState::Idle);
        self.end(invocation.process, reports);
    }

    fn end(&mut self, process: ProcessId, reports: Option<Vec<Report>>) {
        self.ended.push(Ended {
            at: self.clock.now(),
            process,
            reports,
        });
    }

    /// Cuts an invocation short.
    pub fn cut(&mut self, process: ProcessId, remains: Remains) {
        let mut running = self.running.iter();
        let Some(index) = running.position(|invocation| invocation.process == process) else {
            return;
        };
        let invocation = self.running.swap_remove(index);
        let state = match remains {
            Remains::Nothing => ProcessState::Lost,
            Remains::Jobs | Remains::Everything => ProcessState::Frozen,
        };
        self.set(process, state);
        match remains {
            Remains::Nothing => self.scheduler.kill(process),
            Remains::Jobs => self.scheduler.abort(invocation.task),
            Remains::Everything => {}
        }
        self.end(process, None);
    }

    fn set(&mut self, process: ProcessId, state: ProcessState) {
        if let Some(found) = self.processes.get_mut(process.0) {
            found.state = state;
            let moves = matches!(state, ProcessState::Serving | ProcessState::Lost);
            self.scheduler.freeze(process, !moves);
        }
    }

    /// Lets a frozen process go on. Nobody waits for its answer.
    pub fn thaw(&mut self, process: ProcessId) {
        self.set(process, ProcessState::Lost);
    }

    /// The processes that were cut short and stand still.
    pub fn frozen(&self) -> Vec<ProcessId> {
        let frozen = |process: &&Process| {
            process.state == ProcessState::Frozen && self.scheduler.alive(process.id)
        };
        let processes = self.processes.iter().filter(frozen);
        processes.map(|process| process.id).collect()
    }

    /// The receipts of all invocations that run or are about to, each with its process once it has one. Older ones first.
    pub fn held(&self) -> Vec<(Option<ProcessId>, &Receipt)> {
        let running = self.running.iter();
        let running = running.map(|one| (Some(one.process), &one.deliveries));
        let coming = self.coming.iter().map(|one| (None, &one.deliveries));
        let held = running.chain(coming).flat_map(|(process, deliveries)| {
            let receipts = deliveries.iter().filter_map(|one| one.receipt.as_ref());
            receipts.map(move |receipt| (process, receipt))
        });
        let mut held: Vec<_> = held.collect();
        held.sort_by_key(|(_, receipt)| receipt.handle.parse::<u64>().unwrap_or(0));
        held
    }

    /// The processes that serve an invocation.
    pub fn serving(&self) -> Vec<ProcessId> {
        self.running.iter().map(|running| running.process).collect()
    }

    /// Whether this process was cut short: what it does counts for nothing.
    pub fn is_cut(&self, process: ProcessId) -> bool {
        let process = self.processes.get(process.0);
        process.is_none_or(|process| {
            matches!(process.state, ProcessState::Frozen | ProcessState::Lost)
        })
    }

    /// Whether a message could be delivered now.
    pub fn can_deliver(&self) -> bool {
        self.is_free() && self.queue.next_visible() == Some(self.clock.now())
    }

    /// When something happens next, if nothing happens now.
    pub fn next_event(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let deadlines = self.running.iter().map(|running| running.deadline);
        let coming = self.coming.iter().map(|coming| coming.at);
        let visible = self.queue.next_visible().filter(|moment| *moment > now);
        let timer = self.clock.next_timer();
        let events = deadlines.chain(coming).chain(visible).chain(timer);
        events.min()
    }

    /// Goes on to the next event, kills the processes whose time is over, and begins what was to begin. Answers whether
    /// there was one.
    pub fn advance(&mut self) -> bool {
        let Some(moment) = self.next_event() else {
            return false;
        };
        self.clock.advance_to(moment);
        let overdue = self
            .running
            .iter()
            .filter(|running| running.deadline <= moment);
        let overdue: Vec<_> = overdue.map(|running| running.process).collect();
        for process in overdue {
            self.cut(process, Remains::Nothing);
        }
        while let Some(due) = self.coming.iter().position(|coming| coming.at <= moment) {
            let coming = self.coming.remove(due);
            self.invoke(coming.deliveries);
        }
        true
    }

    /// Whether every message is settled and nothing runs.
    pub fn drained(&self) -> bool {
        let is_idle = self.running.is_empty() && self.coming.is_empty();
        is_idle && self.queue.is_empty() && self.scheduler.runnable().is_empty()
    }

    /// Takes one step as the world takes it when nothing interferes. Answers whether there was one to take.
    pub fn step(&mut self) -> bool {
        if let Some(&task) = self.scheduler.runnable().first() {
            self.poll(task);
            return true;
        }
        self.deliver() || self.advance()
    }

    /// Runs until every message is settled. False: that did not happen within a million steps.
    pub fn run(&mut self) -> bool {
        self.run_while(|_| true)
    }

    /// Runs until every message is settled or the condition does not hold any more.
    pub fn run_while(&mut self, condition: impl Fn(&Self) -> bool) -> bool {
        const MANY: u32 = 1_000_000;
        for _ in 0..MANY {
            if !condition(self) || self.drained() || !self.step() {
                return true;
            }
        }
        false
    }

    /// Runs until `moment`, or until every message is settled.
    pub fn run_until(&mut self, moment: Timestamp) -> bool {
        let before = |world: &Self| {
            let idle = world.scheduler.runnable().is_empty() && !world.can_deliver();
            !idle || world.next_event().is_some_and(|next| next <= moment)
        };
        let ended = self.run_while(before);
        self.clock.advance_to(moment);
        ended
    }

    /// All reports so far, in the order in which their invocations ended.
    pub fn reports(&self) -> Vec<&Report> {
        self.ended
            .iter()
            .filter_map(|ended| ended.reports.as_ref())
            .flatten()
            .collect()
    }
}

impl<S> Drop for World<S> {
    fn drop(&mut self) {
        // Tasks hold the ports, and the ports hold the scheduler.
        self.scheduler.clear();
    }
}

impl<S> std::fmt::Debug for World<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("World").finish_non_exhaustive()
    }
}
