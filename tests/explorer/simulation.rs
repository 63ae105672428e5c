//! One world, run to its end the way the choices say.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::explore::Choices;
use hikyaku_core::testing::{
    Message, ProcessId, QueueSettings, Scheduler, Settings, TaskId, VirtualClock, World,
};
use hikyaku_core::{Timestamp, Worker};
use hikyaku_laravel::batch::{BatchOptions, Callback};

use super::application::{BATCH, Ends, Origin};
use super::book::Book;
use super::chance::{Budget, Chance};
use super::locks::Unique;
use super::play::{self, Act};
use super::reached::Reached;
use super::routed;
use super::rule;
use super::steps::Step;
use super::watched::{Watched, WatchedQueue};

/// A job to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) job: &'static str,
    pub(crate) acts: Vec<Act>,
    pub(crate) tries: u32,
    pub(crate) sleep: u64,
    pub(crate) group: Option<&'static str>,
    /// What the jobs do that follow it in its chain.
    pub(crate) links: Vec<Vec<Act>>,
    pub(crate) is_in_batch: bool,
    /// It does not run beside others that are of the same mind.
    pub(crate) is_alone: bool,
    /// It is unique, and its lock lasts so many seconds.
    pub(crate) unique: Option<u64>,
    /// It has the uuid of this other job.
    pub(crate) double_of: Option<usize>,
}

/// What the engine reaches of a world: what it is made of, or something around that.
pub(crate) type Around = Arc<dyn Fn(&Origin) -> Ends + Send + Sync>;

/// What comes of an invocation's hiding its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hiding {
    /// They are hidden.
    Works,
    /// It is known that the queue hides them for long enough.
    Needless,
    /// Nothing: they come back when the queue's visibility timeout is over.
    Fails,
}

/// A world to explore.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) plans: Vec<Plan>,
    pub(crate) budget: Budget,
    pub(crate) batch_size: usize,
    pub(crate) timeout: u64,
    pub(crate) visibility: u64,
    /// For how many days the queue keeps a message.
    pub(crate) retention: u64,
    pub(crate) hiding: Hiding,
    /// Whether the queue knows of the groups.
    pub(crate) is_ordered: bool,
    /// What a run without faults costs: receives and ledger writes.
    pub(crate) cost: Option<(u64, RangeInclusive<u64>)>,
    /// Whether the batch goes on when a job fails.
    pub(crate) allows_failures: bool,
    /// Whether the mapping asks which messages of a batch failed.
    pub(crate) partial_responses: bool,
    pub(crate) around: Around,
    /// What happened in all of its runs.
    pub(crate) reached: Arc<Reached>,
}

pub(crate) struct Simulation<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: World<Arc<Book>>,
    pub(super) book: Arc<Book>,
    pub(super) chance: Arc<Chance>,
    pub(super) ledger: Arc<MemoryLedger>,
    pub(super) ids: Vec<String>,
    pub(super) sent: Vec<Message>,
    pub(super) unique: Unique,
    /// The failed jobs that were sent again, and when their rows are forgotten: nobody sends one twice before that.
    pub(super) retried: Vec<(usize, Timestamp)>,
    /// Processes that were cut short and frozen.
    pub(super) zombies: Vec<ProcessId>,
    /// How many invocations have ended.
    pub(super) ended: usize,
    pub(super) last: Option<TaskId>,
}

impl Scenario {
    /// Runs the world to its end. The error names the rule that was broken.
    pub(crate) fn run(&self, choices: &Choices) -> Result<(), String> {
        let reached = Arc::new(Reached::default());
        let ended = Simulation::new(self, choices, &reached).run();
        self.reached.add(&reached);
        ended
    }

    /// The same world with another budget.
    pub(crate) fn with(&self, budget: Budget) -> Self {
        Self {
            budget,
            ..self.clone()
        }
    }

    fn settings(&self) -> Settings {
        let visibility = Duration::from_secs(self.visibility);
        Settings {
            queue: QueueSettings {
                visibility,
                retention: Duration::from_hours(24 * self.retention),
                ..QueueSettings::default()
            },
            batch_size: self.batch_size,
            timeout: Duration::from_secs(self.timeout),
            concurrency: 3,
            wait: Duration::ZERO,
            partial_responses: self.partial_responses,
            seed: 1,
        }
    }
}

impl<'a> Simulation<'a> {
    fn new(scenario: &'a Scenario, choices: &Choices, reached: &Arc<Reached>) -> Self {
        let (scheduler, clock) = (Scheduler::new(), VirtualClock::new());
        let book = Arc::new(Book::new(
            scheduler.clone(),
            clock.clone(),
            Arc::clone(reached),
        ));
        let chance = Chance::new(choices.clone(), scenario.budget, Arc::clone(reached));
        let worker = play::register(Worker::new(Arc::clone(&book)));
        let worker = if scenario.hiding == Hiding::Needless {
            worker.visibility(Duration::from_secs(scenario.visibility))
        } else {
            worker
        };
        let ledger = Arc::new(MemoryLedger::default());
        let world = World::new(worker, scheduler.clone(), clock, scenario.settings());
        let ends = (scenario.around)(&Origin {
            ledger: Arc::clone(&ledger),
            queue: world.queue.clone(),
            clock: world.clock.clone(),
            scheduler,
        });
        let watched = Watched {
            ledger: Arc::clone(&ends.ledger),
            records: Arc::clone(&ledger),
            book: Arc::clone(&book),
        };
        let watched_queue = WatchedQueue {
            queue: Arc::clone(&ends.queue),
            messages: world.queue.clone(),
            hiding: scenario.hiding,
            book: Arc::clone(&book),
        };
        let world = world
            .with_ledger(Arc::new(watched))
            .with_queue(Arc::new(watched_queue))
            .with_network(Arc::clone(&chance) as _);
        let mut jobs = scenario.plans.iter().map(|plan| plan.job);
        let is_routed = jobs.any(routed::has_both_sides);
        let world = if is_routed {
            routed::with_php(world, ends, &book, choices)
        } else {
            world.with_laravel(move |line| ends.laravel(line))
        };
        let mut simulation = Self {
            scenario,
            world,
            book,
            chance,
            ledger,
            ids: Vec::new(),
            sent: Vec::new(),
            unique: Unique::default(),
            retried: Vec::new(),
            zombies: Vec::new(),
            ended: 0,
            last: None,
        };
        simulation.send();
        simulation
    }

    fn send(&mut self) {
        let members = self.scenario.plans.iter().filter(|plan| plan.is_in_batch);
        if let Ok(members @ 1..) = i64::try_from(members.count()) {
            let callbacks = [Callback::Then, Callback::Catch];
            let options = BatchOptions::new(self.scenario.allows_failures, callbacks);
            self.ledger.add_batch(BATCH, members, options);
        }
        for (index, plan) in self.scenario.plans.iter().enumerate() {
            for (id, announced) in plan.announced(index) {
                if plan.double_of.is_none() {
                    self.book.announce(&id, announced);
                    self.ids.push(id);
                }
            }
            if plan.unique.is_some() {
                self.unique.waiting.push_back(index);
            } else {
                self.dispatch(index);
            }
        }
    }

    pub(super) fn dispatch(&mut self, index: usize) {
        let plan = &self.scenario.plans[index];
        let group = plan.group.filter(|_| self.scenario.is_ordered);
        let id = plan.double_of.unwrap_or(index);
        self.world.queue.send(plan.body(id), group);
        self.sent
            .extend(self.world.queue.messages().last().cloned());
    }

    fn run(mut self) -> Result<(), String> {
        const STEPS: u32 = 5_000;
        for _ in 0..STEPS {
            self.dispatch_unique()?;
            self.is_somewhere()?;
            let step = self.next();
            if let Step::Finish = step {
                return self.finish();
            }
            self.is_killed(step)?;
            self.take(step);
            self.stays_hidden()?;
            self.is_left_alone()?;
            if let Some(broken) = self.book.broken() {
                return Err(broken);
            }
        }
        Err(format!("{}: not within {STEPS} steps", rule::IT_DRAINS))
    }
}
